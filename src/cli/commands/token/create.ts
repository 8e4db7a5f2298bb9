import type { Performed } from '../../../controller/state/changes.ts';
import type { TokenInfo } from '../../../domain/access/tokens.ts';
import type { Catalogue } from '../../../domain/roles/role.ts';
import { performed, waitFlags } from '../../framework/change-command.ts';
import { KatoCommand, named } from '../../framework/command.ts';
import { ownCatalogue } from '../../framework/home.ts';
import { Flags } from '../../framework/oclif.ts';
import { durationSeconds } from '../../input/duration.ts';
import { type NewTokenValue, newTokenLines } from '../../render/token.ts';
import { self } from '../../session/session.ts';

export default class TokenCreate extends KatoCommand<NewTokenValue> {
  static override summary = 'Make a token that lets machines join the cluster.';
  static override description =
    'The token is shown once. It holds the address of the core, the fingerprint of its certificate\n' +
    'and a secret: give it only to the machines that are to join.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --roles router',
    '<%= config.bin %> <%= command.id %> --uses 20 --ttl 1d',
    'KATO_TOKEN=$(<%= config.bin %> <%= command.id %> --quiet)',
  ];
  static override flags = {
    roles: named({
      names: 'role to add',
      list: true,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ROLES',
      summary:
        'Roles and groups that nodes joining with it may have; by default all that do not need an admin.',
    }),
    ttl: Flags.string({ default: '1h', helpValue: 'TIME', summary: 'How long it is valid.' }),
    uses: Flags.integer({ default: 1, min: 1, summary: 'How many machines may join with it.' }),
    admin: Flags.boolean({ summary: 'The nodes become admin nodes: they may do everything.' }),
    quiet: Flags.boolean({ char: 'q', exclusive: ['json'], summary: 'Print only the token.' }),
    ...waitFlags,
  };

  protected quiet = false;

  protected async perform(): Promise<NewTokenValue> {
    const { flags } = await this.parse(TokenCreate);
    this.quiet = flags.quiet;
    const ttlSeconds = durationSeconds('--ttl', flags.ttl);
    const { newToken } = await import('../../../operations/local/new-token.ts');
    const { cluster } = await self();
    const { params, token } = newToken({
      core: cluster.core,
      clusterId: cluster.id,
      ca: cluster.ca,
    });
    const { uses, admin } = flags;
    const roles = flags.roles ?? null;
    const asked = { ...params, roles, admin, uses, ttlSeconds };
    const catalogue = await ownCatalogue();
    const valueFrom = ({ result }: Performed): NewTokenValue => {
      const info = result as unknown as TokenInfo;
      const attach = attachLine(catalogue, cluster.core.address, info.roles, token);
      return { ...info, token, attach };
    };
    const request = { operation: 'token.create', params: asked };
    return valueFrom(await performed(request, flags, (done) => this.show(valueFrom(done))));
  }

  protected render(value: NewTokenValue): readonly string[] {
    return this.quiet ? [value.token] : newTokenLines(value);
  }
}

/** With the allowed roles, but for those that a setup command gives later. */
function attachLine(
  catalogue: Catalogue,
  core: string,
  allowed: readonly string[] | null,
  token: string,
): string {
  const roles = (allowed ?? []).filter((role) => catalogue.roles.get(role)?.given !== 'setup');
  const enable = roles.length === 0 ? '' : ` -e ${roles.join(',')}`;
  return `KATO_TOKEN=${token} kato node attach${enable} ${core}`;
}
