import { CLUSTER_SETTINGS } from '../../../domain/document/cluster-settings.ts';
import type {
  Catalogue,
  PortDefinition,
  ProcessDefinition,
  RoleDefinition,
  SettingDefinition,
} from '../../../domain/roles/role.ts';

/** docs/reference/roles.md: every role and every setting, as roles/*.yml and the code have them. */
export function rolesReferenceLines({ roles, groups }: Catalogue): string[] {
  const all = [...roles.values()];
  return [
    '# Roles and settings',
    '',
    'Made from `roles/*.yml` by `node scripts/reference.ts`; `kato role info ROLE` and `kato config get`',
    'show the same. `kato config set COMPONENT SETTING VALUE` changes a setting for the whole cluster;',
    '`kato config del` sets it back. A duration is a number with ms, s, m, h or d, up to 365d; a size is a',
    'number of bytes, or one with k, m or g, at most 1024g.',
    '',
    'A role of your own is one more file there, with its templates: `roles/EXAMPLE.yml` explains every key. Put',
    'them on each node that is to have the role, and on each with a controller, and restart these there; a',
    'role is given to nobody before all of them know it:',
    '',
    '```sh',
    'cd /opt/kato && scripts/setup               # says what is wrong in a role file or a template',
    's6-svc -r /var/lib/kato/service/agent       # restarts the agent',
    's6-svc -r /var/lib/kato/service/controller  # if the node is a controller',
    '```',
    '',
    'What runs goes on meanwhile. Keep the files with your own copy of kato: a role that a node has and whose',
    'file is gone is [unknown](status.md), until the file is back or `kato role remove -n NODE ROLE`.',
    '',
    '| role | does | processes |',
    '|---|---|---|',
    ...all.map(overviewRow),
    '',
    'A group stands for several roles wherever a role can be named:',
    '',
    ...[...groups].map(([group, members]) => `- \`${group}\`: ${members.join(', ')}`),
    ...all.flatMap(roleLines),
    '',
    '## Settings of the cluster',
    '',
    'The component is `cluster`. Times are in seconds.',
    '',
    ...settingsTable(CLUSTER_SETTINGS),
  ];
}

function overviewRow({ name, summary, processes }: RoleDefinition): string {
  const names = processes.map((process) => process.name).join(', ');
  return `| [${name}](#${name}) | ${summary} | ${names} |`;
}

function roleLines(role: RoleDefinition): string[] {
  return [
    '',
    `## ${role.name}`,
    '',
    `${role.summary}.`,
    '',
    ...factsOf(role).map(([what, value]) => `- ${what}: ${value}`),
    ...(Object.keys(role.settings).length === 0 ? [] : ['', ...settingsTable(role.settings)]),
  ];
}

const GIVEN: Record<RoleDefinition['given'], string> = {
  always: 'to every node',
  setup: 'by `kato node setup` only',
  add: 'by `kato role add` and `kato node attach -e`',
};

function factsOf(role: RoleDefinition): [string, string][] {
  const { needs, excludes, packages, processes, ports, secrets } = role;
  const facts: [string, string][] = [
    ['given', GIVEN[role.given]],
    ['on', countOf(role)],
    ['needs somewhere in the cluster', needs.join(', ')],
    ['excludes on its node', excludes.includes('*') ? 'all other roles' : excludes.join(', ')],
    ['Debian packages', (packages.debian ?? []).join(', ')],
    ['ports', ports.map(portText).join('; ')],
    ...processes.map((process): [string, string] => [
      `process \`${process.name}\``,
      processText(process),
    ]),
    ...Object.entries(secrets).map(([name, { help, scope }]): [string, string] => [
      `secret \`${name}\``,
      scope === 'node' ? help : `${help} All nodes with the role have the same.`,
    ]),
  ];
  return facts.filter(([, value]) => value !== '');
}

function countOf({ given, perCluster: { min, max } }: RoleDefinition): string {
  if (given === 'always') return '';
  if (max === null) return min === 0 ? 'any number of nodes' : `at least ${min} node`;
  return min === max ? `${min} node` : `${min} to ${max} nodes`;
}

const LISTEN: Record<PortDefinition['listen'], string> = {
  node: 'on the address of the node',
  loopback: 'on 127.0.0.1',
  all: 'on all addresses',
};

function portText({ port, protocol, listen, purpose, setting }: PortDefinition): string {
  const moved = setting === null ? '' : ` (\`${setting}\`)`;
  return `${port}/${protocol}${moved} for ${purpose}, ${LISTEN[listen]}`;
}

function processText({ name, user, stop, data }: ProcessDefinition): string {
  const kept = data ? `, keeps its data in /var/lib/kato/data/${name}` : '';
  return `runs as ${user}, is stopped by ${stop.signal} within ${stop.seconds} s${kept}`;
}

function settingsTable(settings: Record<string, SettingDefinition>): string[] {
  return [
    '| setting | is | default | meaning |',
    '|---|---|---|---|',
    ...Object.entries(settings).map(
      ([name, setting]) =>
        `| \`${name}\` | ${kindOf(setting)} | ${defaultOf(setting)} | ${meaningOf(setting)} |`,
    ),
  ];
}

function meaningOf({ help, fixed }: SettingDefinition): string {
  return fixed === undefined ? help : `${help} It stays as it was set up: ${fixed}.`;
}

function kindOf({ type, minimum, maximum, choices }: SettingDefinition): string {
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  const range = minimum === undefined ? '' : ` from ${minimum}`;
  return `${type}${range}${maximum === undefined ? '' : ` to ${maximum}`}`;
}

function defaultOf({ default: value }: SettingDefinition): string {
  return Array.isArray(value) && value.length === 0 ? 'empty' : `\`${String(value)}\``;
}
