import { refuse } from '../../../domain/base/error.ts';
import { checkAddress } from '../../../domain/base/names.ts';
import type { RolesChanged } from '../../../domain/roles/role-changes.ts';
import type { Attach } from '../../../operations/local/attach.ts';
import {
  type Carried,
  losesData,
  waysOut,
  whatIsCarried,
} from '../../../operations/local/carried.ts';
import type { NodeInfo } from '../../../operations/nodes.ts';
import { KatoCommand, named, word } from '../../framework/command.ts';
import { ownHost } from '../../framework/home.ts';
import { Flags } from '../../framework/oclif.ts';
import { askYesNo, onTerminal } from '../../input/prompt.ts';
import { note } from '../../output.ts';
import { type AttachValue, attachValueLines } from '../../render/attach.ts';
import { createVoice, showPhases } from '../../session/progress.ts';
import { ask, self } from '../../session/session.ts';
import { settlePhase } from '../../session/settle.ts';

export default class NodeAttach extends KatoCommand<AttachValue> {
  static override summary = 'Attach this machine to a cluster.';
  static override description =
    'Needs a join token from the core (kato token create): by --token-file, the environment variable\n' +
    'KATO_TOKEN or --token, or typed at the prompt. The token contains the address of the core; CORE_IP\n' +
    'overrides it. After an interruption, run it again: it goes on where it was. On a node of the same\n' +
    'cluster it adds the roles, and needs no token.\n' +
    'If the machine is still another node, as after a copy of its disk or the end of its core, what it\n' +
    'has, including its data, is set aside in /var/lib/kato/aside. You are asked first on a terminal;\n' +
    'elsewhere --yes is needed.';
  static override examples = [
    '<%= config.bin %> node attach -e router',
    '<%= config.bin %> node attach -e data-services --token-file /root/token 10.0.0.1',
  ];
  static override args = {
    core_ip: word({ description: 'Address of the core; the one in the token by default.' }),
  };
  static override flags = {
    enable: named({
      char: 'e',
      names: 'role to add',
      list: true,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ROLES',
      summary: 'Roles or groups of roles for this node, joined by commas.',
    }),
    'no-start': Flags.boolean({ char: 's', default: false, summary: 'Add the roles stopped.' }),
    force: Flags.boolean({
      char: 'f',
      default: false,
      summary: 'Attach despite a different version of kato.',
    }),
    token: Flags.string({ helpValue: 'T', summary: 'The token; it shows in process lists.' }),
    'token-file': named({
      names: 'file',
      exclusive: ['token'],
      helpValue: 'F',
      summary: 'File with the token.',
    }),
    address: Flags.string({ helpValue: 'IP', summary: 'Address at which others reach this node.' }),
    name: Flags.string({ helpValue: 'N', summary: 'Name of the node; its host name by default.' }),
    yes: Flags.boolean({
      char: 'y',
      default: false,
      summary: 'On a machine that is still another node: set aside what it has, without asking.',
    }),
  };

  protected override readonly localWords = 'node attach';

  protected async perform(): Promise<AttachValue> {
    const { args, flags } = await this.parse(NodeAttach);
    const roles = flags.enable ?? [];
    const core = args.core_ip === undefined ? undefined : checkAddress(args.core_ip);
    const local = await import('../../../operations/local/attach.ts');
    const { checkRoot } = await import('../../../operations/local/host.ts');
    checkRoot('kato node attach');
    const host = await ownHost();
    const { askToken, givenToken } = await import('../../input/token-source.ts');
    const given = await givenToken(flags.token, flags['token-file']);
    const found = await local.resumeAttached(host, { core, token: given });
    if (found.is === 'node') {
      const unused = 'the token is not used: this machine is already a node of the cluster';
      const notes = [...(given === null ? [] : [unused]), ...keptNotes(found.identity, flags)];
      return this.already(roles, flags['no-start'], notes);
    }
    const carried = found.is === 'carrier' ? found.carried : null;
    if (carried !== null) note(`note: ${whatIsCarried(carried)}`);
    const token = given ?? (await askToken());
    const attach: Attach = {
      host,
      core: core ?? token.address,
      roles,
      token,
      noStart: flags['no-start'],
      force: flags.force,
      address: flags.address,
      name: flags.name,
      nameChosen: flags.name !== undefined,
      carried,
      notes: [],
    };
    const voice = createVoice();
    const settle = settlePhase<Attach>(voice, (context) => context.joined!.revision);
    const joining = [...local.joinPhases(attach), settle];
    if (carried === null || flags.yes || !losesData(carried)) {
      await showPhases([...local.PROVE_PHASES, ...joining], attach, voice).finally(tellAside);
    } else {
      await showPhases(local.PROVE_PHASES, attach, voice);
      await confirmAside(carried);
      await showPhases(joining, attach, voice).finally(tellAside);
    }
    return this.readBack({ already: false, added: [], notes: attach.notes });

    /** Also where what follows has failed. */
    function tellAside(): void {
      for (const place of attach.aside ?? []) note(`what the machine had is in ${place}`);
    }
  }

  protected render(value: AttachValue): readonly string[] {
    return attachValueLines(value);
  }

  /** The record that the cluster has of this node, not what was asked for. */
  private async readBack(
    done: Pick<AttachValue, 'already' | 'added' | 'notes'>,
  ): Promise<AttachValue> {
    const { node, cluster } = await self();
    const record = await ask<NodeInfo>('node.info', { node: node.id });
    return {
      node: record.name,
      roles: record.roles,
      core: cluster.core.address,
      endpoint: cluster.endpoint ?? '',
      ...done,
    };
  }

  private async already(roles: string[], noStart: boolean, notes: string[]): Promise<AttachValue> {
    const { within } = await import('../../../machine/s6/wait.ts');
    // It may have been started by this very command. Without the bus, what follows says so.
    await within(CONNECT_MS, async () => (await self()).connected);
    const { node } = await self();
    let added: string[] = [];
    if (roles.length > 0) {
      const params = { node: node.id, roles, selection: 'named', noStart };
      const { performed } = await import('../../framework/change-command.ts');
      const { result } = await performed({ operation: 'role.add', params });
      added = (result as unknown as RolesChanged).added;
    }
    return this.readBack({ already: true, added, notes });
  }
}

/** An agent that has just started is on the bus by then, where there is one. */
const CONNECT_MS = 5000;

/** The token is good and nothing is changed yet: now a person decides what the machine is. */
async function confirmAside(carried: Carried): Promise<void> {
  const ways = waysOut(carried);
  if (!onTerminal()) {
    throw refuse(
      'USAGE',
      whatIsCarried(carried),
      'attached as a new node it would give up its roles and its data, and there is no terminal to ask on',
      ways,
    );
  }
  note(ways);
  if (await askYesNo('Set it aside and attach the machine as a new node?', false)) return;
  throw refuse('USAGE', 'nothing was changed', 'the answer was no');
}

/** What was asked for and is not done: a node keeps its name and address. */
function keptNotes(
  known: { name: string; address: string },
  asked: { name?: string | undefined; address?: string | undefined },
): string[] {
  return (['name', 'address'] as const)
    .filter((what) => asked[what] !== undefined && asked[what] !== known[what])
    .map((what) => `the node keeps its ${what}, ${known[what]}`);
}
