import type { Json } from '../../../domain/document/cluster.ts';
import type { Imported, SavedState } from '../../../domain/document/restore.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { passphraseFlag, readPassphrase } from '../../input/passphrase.ts';
import { ask, ownPaths } from '../../session/session.ts';

export default class DataImport extends ChangeCommand<Imported> {
  static override summary = "Replace the cluster's state with a saved one.";
  static override description =
    'For a running cluster. If the bus has lost its state, or has an older one, kato node setup core --recover-from does the same.';
  static override examples = ['<%= config.bin %> data import /root/cluster.kato'];
  static override args = {
    file: word({ names: 'file', required: true, description: 'File that kato data export wrote.' }),
  };
  static override flags = {
    force: Flags.boolean({
      default: false,
      summary: 'Import even if nodes joined after the export was made: they are cut off.',
    }),
    'passphrase-file': passphraseFlag,
  };

  /** Where the state is that there was before. */
  private copy: string | null = null;

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(DataImport);
    const { readSavedState } = await import('../../../operations/local/recover.ts');
    let passphrase: string | null = null;
    const asked = async (): Promise<string> => {
      passphrase = await readPassphrase(flags['passphrase-file']);
      return passphrase;
    };
    const { cluster, secrets } = await readSavedState(args.file, asked);
    if (passphrase !== null) this.copy = await copyOfPresent(passphrase);
    const params = { cluster, secrets, force: flags.force } as unknown as Json;
    return { operation: 'state.import', params };
  }

  protected say({ from, lost, again, unkept = null }: Imported): readonly string[] {
    const { nodes, announcers } = again;
    return [
      `the cluster goes on from revision ${from.revision}`,
      ...(this.copy === null
        ? []
        : [`the state before the import is in ${this.copy}, with the same passphrase`]),
      ...(lost.length === 0 ? [] : [`cut off, must be attached again: ${lost.join(', ')}`]),
      ...(nodes.length === 0 ? [] : [`nodes again, if they were removed: ${nodes.join(', ')}`]),
      ...(unkept === null
        ? []
        : [`no node keeps an export any more, as in the file; before it was ${unkept}`]),
      ...(announcers.length === 0 ? [] : [`may announce routes again: ${announcers.join(', ')}`]),
    ];
  }
}

/** The state that will be replaced, sealed with the passphrase of the new one. */
async function copyOfPresent(passphrase: string): Promise<string> {
  const [{ exportKeyOf, sealState }, { stampNow }, { makeFolder, writeFileAtomic }] =
    await Promise.all([
      import('../../../operations/export-file.ts'),
      import('../../../machine/disk/aside.ts'),
      import('../../../machine/disk/files.ts'),
    ]);
  const state = await ask<SavedState>('state.export', {});
  const { aside } = ownPaths();
  const file = `${aside}/${stampNow()}-before-import.kato`;
  await makeFolder(aside, 0o700);
  const text = sealState(state, await exportKeyOf(passphrase));
  await writeFileAtomic(file, text, { mode: 0o600 });
  return file;
}
