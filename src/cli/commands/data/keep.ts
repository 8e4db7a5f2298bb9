import type { ExportKept } from '../../../domain/document/keep-export.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { durationSeconds } from '../../input/duration.ts';
import { passphraseFlag, readPassphrase } from '../../input/passphrase.ts';

export default class DataKeep extends ChangeCommand<ExportKept> {
  static override summary = 'Let a node keep an up-to-date export of the cluster.';
  static override description =
    'The node fetches the state and the secrets, sealed with the passphrase, at once and then as often ' +
    'as --every says. It cannot open them. If the disk of the core is lost, a new core goes on from that ' +
    'file and the passphrase. To end it: kato config del cluster export.node';
  static override examples = [
    '<%= config.bin %> data keep h3',
    '<%= config.bin %> data keep h3 --every 5m --passphrase-file /root/passphrase',
  ];
  static override args = {
    node: word({
      names: 'node',
      required: true,
      description: 'Node that keeps it; not the core.',
    }),
  };
  static override flags = {
    every: Flags.string({
      helpValue: '10m',
      summary: 'How often to look for a newer one, such as 5m or 1h; 10 minutes by default.',
    }),
    'passphrase-file': passphraseFlag,
  };

  protected async request(): Promise<Request> {
    const { args, flags } = await this.parse(DataKeep);
    const { every } = flags;
    const intervalSeconds = every === undefined ? null : durationSeconds('--every', every);
    const passphrase = await readPassphrase(flags['passphrase-file'], { twice: true });
    const { exportKeyOf, exportKeyText } = await import('../../../operations/export-file.ts');
    const key = exportKeyText(await exportKeyOf(passphrase));
    return { operation: 'state.keep', params: { node: args.node, intervalSeconds, key } };
  }

  protected say({ node, intervalSeconds }: ExportKept): readonly string[] {
    return [
      `${node} keeps an export in /var/lib/kato/export/cluster.kato: a new one at most ${intervalSeconds} s after a change`,
      '',
      "if the core is lost: kato node setup core --recover-from that file, on a machine with the core's address",
    ];
  }
}
