import type { Imported } from '../../../domain/change/restore.ts';
import type { Json } from '../../../domain/cluster.ts';
import { ChangeCommand, type Request } from '../../change-command.ts';
import { word } from '../../command.ts';
import { Flags } from '../../oclif.ts';
import { passphraseFlag, readPassphrase } from '../../passphrase.ts';

export default class DataImport extends ChangeCommand<Imported> {
  static override summary = 'Put a saved state in the place of the one that is.';
  static override description =
    'For a cluster that runs. Where the bus has lost its state, or has an older one, ' +
    'kato node setup core --recover-from does the same.';
  static override examples = ['<%= config.bin %> data import /root/cluster.kato'];
  static override args = {
    file: word({ names: 'file', required: true, description: 'What kato data export wrote.' }),
  };
  static override flags = {
    force: Flags.boolean({
      default: false,
      summary: 'Also when nodes joined after the export was made: they are cut off.',
    }),
    'passphrase-file': passphraseFlag,
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(DataImport);
    const { readSavedState } = await import('../../../operations/local/recover.ts');
    const passphrase = () => readPassphrase(flags['passphrase-file']);
    const { cluster, secrets } = await readSavedState(args.file, passphrase);
    const params = { cluster, secrets, force: flags.force } as unknown as Json;
    return { operation: 'state.import', params };
  }

  protected say({ from, lost }: Imported): readonly string[] {
    return [
      `the cluster goes on from revision ${from.revision}`,
      ...(lost.length === 0 ? [] : [`cut off, to be attached again: ${lost.join(', ')}`]),
    ];
  }
}
