import { counted } from '../../../domain/base/counted.ts';
import { refuse } from '../../../domain/base/error.ts';
import type { SavedState } from '../../../domain/document/restore.ts';
import { fileReason } from '../../../operations/file-reason.ts';
import { KatoCommand, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { passphraseFlag, readPassphrase } from '../../input/passphrase.ts';
import { ask } from '../../session/session.ts';

interface Exported {
  file: string;
  revision: number;
  nodes: number;
}

export default class DataExport extends KatoCommand<Exported> {
  static override summary = 'Save the state and the secrets of the cluster in an encrypted file.';
  static override examples = [
    '<%= config.bin %> data export --cluster /root/cluster.kato',
    '<%= config.bin %> data export --cluster --passphrase-file /root/passphrase /root/cluster.kato',
  ];
  static override args = {
    file: word({
      names: 'file',
      required: true,
      description: 'File to write; an existing export is replaced.',
    }),
  };
  static override flags = {
    cluster: Flags.boolean({
      required: true,
      summary: 'Export the whole cluster: its document and all secrets.',
    }),
    'passphrase-file': passphraseFlag,
  };

  protected async perform(): Promise<Exported> {
    const { args, flags } = await this.parse(DataExport);
    await refuseOtherFile(args.file);
    const passphrase = await readPassphrase(flags['passphrase-file'], { twice: true });
    const state = await ask<SavedState>('state.export', {});
    const { exportKeyOf, sealState } = await import('../../../operations/export-file.ts');
    const { writeFileAtomic } = await import('../../../machine/disk/files.ts');
    const text = sealState(state, await exportKeyOf(passphrase));
    await writeFileAtomic(args.file, text, { mode: 0o600 });
    const { revision, nodes } = state.cluster;
    return { file: args.file, revision, nodes: Object.keys(nodes).length };
  }

  protected render({ file, revision, nodes }: Exported): readonly string[] {
    return [
      `revision ${revision} with ${counted(nodes, 'node')} is saved in ${file}`,
      '',
      'store it and its passphrase away from the core; kato node setup core --recover-from reads it',
    ];
  }
}

/** Enough to tell an export. */
const HEADER_BYTES = 64;

/** A word that was left out must not cost a file of somebody's. */
async function refuseOtherFile(file: string): Promise<void> {
  const { readStart } = await import('../../../machine/disk/files.ts');
  const text = await readStart(file, HEADER_BYTES).catch((error: unknown) => {
    throw refuse('BAD_FILE', `cannot write ${file}`, fileReason(error));
  });
  if (text === null) return;
  const { isExport } = await import('../../../operations/export-file.ts');
  if (isExport(text)) return;
  throw refuse(
    'CONFLICT',
    `${file} already exists, and is not a kato export`,
    undefined,
    'give another name, or delete it',
  );
}
