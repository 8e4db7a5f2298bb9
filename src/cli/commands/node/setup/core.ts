import type { SetupCore } from '../../../../operations/local/setup-core.ts';
import { KatoCommand, named, word } from '../../../framework/command.ts';
import { ownHost } from '../../../framework/home.ts';
import { Flags } from '../../../framework/oclif.ts';
import { passphraseFlag, readPassphrase } from '../../../input/passphrase.ts';
import { type CoreValue, coreLines } from '../../../render/core.ts';
import { createVoice, showPhases } from '../../../session/progress.ts';
import { self } from '../../../session/session.ts';
import { settlePhase } from '../../../session/settle.ts';

export default class NodeSetupCore extends KatoCommand<CoreValue> {
  static override summary = 'Make this machine the core of a new cluster.';
  static override description =
    'The core has the roles base, primary (the bus), controller and router. After an interruption, run it ' +
    'again: it goes on where it was. It prints the commands that attach other machines.';
  static override examples = [
    '<%= config.bin %> node setup core api.example.com',
    '<%= config.bin %> node setup core --address 10.0.0.1',
    '<%= config.bin %> node setup core --recover-from /root/cluster.kato',
  ];
  static override args = {
    endpoint: word({
      description: "Name of the cluster's API; api. and the machine's full name by default.",
    }),
  };
  static override flags = {
    address: Flags.string({
      helpValue: 'IP',
      summary: 'Address at which others reach this node; the one on the default route by default.',
    }),
    'recover-from': named({
      names: 'file',
      helpValue: 'FILE',
      summary: "Recover from a saved state: an export, or a core's ledger.json.",
    }),
    'passphrase-file': passphraseFlag,
  };

  protected override readonly localWords = 'node setup core';

  protected async perform(): Promise<CoreValue> {
    const { args, flags } = await this.parse(NodeSetupCore);
    const { SETUP_CORE_PHASES } = await import('../../../../operations/local/setup-core.ts');
    const setup: SetupCore = {
      host: await ownHost(),
      endpoint: args.endpoint,
      address: flags.address,
      saved: await this.saved(flags['recover-from'], flags['passphrase-file']),
      notes: [],
      already: false,
    };
    const voice = createVoice();
    const phases = [
      ...SETUP_CORE_PHASES,
      settlePhase<SetupCore>(
        voice,
        () => 1,
        ({ already }) => !already,
      ),
    ];
    await showPhases(phases, setup, voice);
    const { node, cluster } = await self();
    const { attachLines } = await import('../../../render/attach-lines.ts');
    return {
      cluster: { id: cluster.id, endpoint: cluster.endpoint!, core: cluster.core.address },
      node: node.name,
      already: setup.already,
      notes: [...setup.notes, ...(await unresolved(cluster.endpoint!))],
      recovered: setup.saved === undefined ? null : setup.saved.cluster.revision,
      attach: setup.already || setup.saved ? [] : await attachLines(setup.host.catalogue, cluster),
    };
  }

  private async saved(file: string | undefined, passphraseFile: string | undefined) {
    if (file === undefined) return undefined;
    const { readSavedState } = await import('../../../../operations/local/recover.ts');
    return readSavedState(file, () => readPassphrase(passphraseFile));
  }

  protected render(value: CoreValue): readonly string[] {
    return coreLines(value);
  }
}

/** Names that users will call and that this machine cannot resolve. */
async function unresolved(endpoint: string): Promise<string[]> {
  const { resolves } = await import('../../../../machine/network/interfaces.ts');
  const domain = endpoint.replace(/^api\./, '');
  const names = [endpoint, `any-name.${domain}`];
  const found = await Promise.all(names.map(resolves));
  const missing = [endpoint, `*.${domain}`].filter((_name, i) => !found[i]);
  return missing.map((name) => `${name} does not resolve here: it needs a DNS record`);
}
