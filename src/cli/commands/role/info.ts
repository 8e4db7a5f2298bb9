import { KatoError, refuse } from '../../../domain/base/error.ts';
import type { ListedNode } from '../../../operations/nodes.ts';
import { KatoCommand, nodeFlag, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { type RoleInfo, roleInfoLines } from '../../render/role-info.ts';
import type { Style } from '../../render/text/style.ts';
import { ask, nodeOrSelf } from '../../session/session.ts';

type Secrets = Record<string, string>;

export default class ShowRoleInfo extends KatoCommand<RoleInfo[] | Secrets> {
  static override summary =
    'Show what a role is and which nodes have it; without a name, all roles.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> redis',
    'redis-cli -h 10.0.0.5 -a "$(<%= config.bin %> <%= command.id %> --secret redis -n data-1)" ping',
  ];
  static override args = {
    roles: word({
      names: 'role',
      list: true,
      multiple: true,
      required: false,
      description: 'Roles or groups of roles.',
    }),
  };
  static override flags = {
    secret: Flags.boolean({
      summary: 'Print the secrets that the role has on a node. For admin nodes.',
    }),
    node: nodeFlag,
  };

  protected async perform(): Promise<RoleInfo[] | Secrets> {
    const { args, flags } = await this.parse(ShowRoleInfo);
    const roles = args.roles ?? [];
    if (flags.node !== undefined && !flags.secret) {
      const next = 'kato info -n NODE shows the roles of a node';
      throw refuse('USAGE', '--node goes with --secret', undefined, next);
    }
    return flags.secret ? secretsOf(roles, flags.node) : this.infos(roles);
  }

  protected render(value: RoleInfo[] | Secrets, _style: Style, width: number): readonly string[] {
    return Array.isArray(value) ? roleInfoLines(value, width) : secretLines(value);
  }

  private async infos(names: readonly string[]): Promise<RoleInfo[]> {
    const [{ ownCatalogue }, { expandRoles }, nodes] = await Promise.all([
      import('../../framework/home.ts'),
      import('../../../domain/roles/roles.ts'),
      nodesIfAny(),
    ]);
    const catalogue = await ownCatalogue();
    const wanted = names.length === 0 ? [...catalogue.roles.keys()] : expandRoles(catalogue, names);
    return wanted.map((name) => {
      const role = catalogue.roles.get(name)!;
      const { summary, given, needs, excludes, perCluster, ports } = role;
      return {
        name,
        summary,
        given,
        needs,
        excludes,
        perCluster,
        ports: ports.map(({ port, protocol, purpose }) => ({ port, protocol, purpose })),
        processes: role.processes.map((process) => process.name),
        settings: Object.keys(role.settings),
        nodes: nodes?.filter((node) => node.roles.includes(name)).map((node) => node.name) ?? null,
      };
    });
  }
}

/** What roles are is known without a cluster, too. */
async function nodesIfAny(): Promise<ListedNode[] | null> {
  try {
    return await ask<ListedNode[]>('node.list', {});
  } catch (error) {
    if (error instanceof KatoError) return null;
    throw error;
  }
}

async function secretsOf(roles: readonly string[], node: string | undefined): Promise<Secrets> {
  const [role, ...more] = roles;
  if (role === undefined || more.length > 0) {
    const next = 'kato role info --secret redis -n NODE';
    throw refuse('USAGE', '--secret needs exactly one ROLE', undefined, next);
  }
  const secrets = await ask<Secrets>('secret.show', { node: await nodeOrSelf(node), role });
  if (Object.keys(secrets).length > 0) return secrets;
  throw refuse('NOT_FOUND', `the role '${role}' has no secret`, 'clients need no password for it');
}

/** A single secret stands alone, so that a script can use it as it is. */
function secretLines(secrets: Secrets): string[] {
  const values = Object.entries(secrets);
  if (values.length === 1) return [values[0]![1]];
  return values.map(([name, value]) => `${name}: ${value}`);
}
