import { KatoError } from '../domain/base/error.ts';
import { canonicalJson } from '../domain/base/hash.ts';
import { didYouMean } from '../domain/base/names.ts';
import { checkSetting } from '../domain/document/settings.ts';
import { namesValue, placeholdersIn } from '../domain/making/fill.ts';
import type {
  Catalogue,
  ProcessDefinition,
  ReloadConfirm,
  RoleDefinition,
} from '../domain/roles/role.ts';

/** What every process may name in `${...}`, beside its own settings, programs and data folder. */
const ALWAYS_KNOWN = [
  'address',
  'listen',
  'local',
  'bind',
  'config',
  'run',
  'kato',
  'cluster.core',
];

/** Mistakes that do not show in a single file, each as `file: path: what is wrong`. */
export function crossCheck(catalogue: Catalogue, templates: readonly string[]): string[] {
  return [
    ...[...catalogue.roles.values()].flatMap((role) =>
      [
        ...namedRoles(catalogue, role),
        ...settingDefaults(role),
        ...poolMistakes(catalogue, role),
        ...afterMistakes(catalogue, role),
        ...role.processes.flatMap((process, index) =>
          processMistakes(role, process, templates).map((text) => `processes/${index}/${text}`),
        ),
      ].map((text) => `roles/${role.name}.yml: ${text}`),
    ),
    ...nameMistakes(catalogue),
    ...coreMistakes(catalogue),
    ...groupMistakes(catalogue),
    ...sharedProcesses(catalogue),
  ];
}

/** What a secret or a setting of the cluster itself begins with. */
const TAKEN_NAMES = ['authority', 'bus', 'certificate', 'cluster', 'export', 'node', 'role'];

function nameMistakes({ roles }: Catalogue): string[] {
  const taken = [...roles.keys()].filter((name) => TAKEN_NAMES.includes(name));
  return taken.map((name) => `roles/${name}.yml: a role cannot be called ${name}`);
}

/** Nodes look for the cluster at the address of one node and at one port. */
function coreMistakes({ roles }: Catalogue): string[] {
  const cores = [...roles.values()].filter(({ core }) => core);
  if (cores.length !== 1) {
    return [
      `roles: one role is core: true, not ${cores.map(({ name }) => name).join(', ') || 'none'}`,
    ];
  }
  const [{ name, perCluster, settings }] = cores as [RoleDefinition];
  const at = `roles/${name}.yml: core:`;
  return [
    ...(perCluster.min === 1 && perCluster.max === 1 ? [] : [`${at} one node of a cluster has it`]),
    ...(settings.port?.fixed === undefined ? [`${at} it has a setting port that is fixed`] : []),
  ];
}

function namedRoles(catalogue: Catalogue, role: RoleDefinition): string[] {
  const unknown = (key: string, names: string[]): string[] =>
    names
      .filter((name) => name !== '*' && !catalogue.roles.has(name))
      .map((name) => `${key}: ${noSuch('role', name, catalogue.roles.keys())}`);
  return [...unknown('needs', role.needs), ...unknown('excludes', role.excludes)];
}

function poolMistakes({ roles }: Catalogue, role: RoleDefinition): string[] {
  const served = [...roles.values()].flatMap((other) => other.serves?.pool ?? []);
  const unserved = role.sees
    .filter((seen) => seen.startsWith('pools/'))
    .map((seen) => seen.slice('pools/'.length))
    .filter((pool) => !served.includes(pool))
    .map((pool) => `sees: ${noSuch('pool', pool, served)}`);
  const { serves } = role;
  if (serves === null) {
    return role.sees.includes('clients') ? [...unserved, 'sees: clients are of a pool'] : unserved;
  }
  const isTaken = served.filter((pool) => pool === serves.pool).length > 1;
  const listens = role.ports.some(
    (port) => port.setting === serves.setting && port.port === serves.port,
  );
  return [
    ...unserved,
    ...(isTaken ? [`serves: another role serves the pool '${serves.pool}'`] : []),
    ...(listens ? [] : ['serves: no process of the role has that port']),
  ];
}

function afterMistakes({ roles }: Catalogue, { processes }: RoleDefinition): string[] {
  const known = [...roles.values()].flatMap((role) => role.processes.map(({ name }) => name));
  return processes.flatMap(({ name, after }, index) =>
    after
      .filter((other) => other === name || !known.includes(other))
      .map((other) => `processes/${index}/after: ${noSuch('other process', other, known)}`),
  );
}

function settingDefaults(role: RoleDefinition): string[] {
  const wrongDefaults = Object.entries(role.settings).flatMap(([key, definition]) => {
    try {
      checkSetting(key, definition, definition.default);
      return [];
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      return [`settings/${key}/default: ${error.message}: ${error.why}`];
    }
  });
  const wrongPorts = role.ports
    .filter(({ setting }) => setting !== null && role.settings[setting]?.type !== 'integer')
    .map(({ setting }) => `ports: there is no integer setting '${setting}'`);
  return [...wrongDefaults, ...wrongPorts];
}

function processMistakes(
  role: RoleDefinition,
  process: ProcessDefinition,
  templates: readonly string[],
): string[] {
  const { argv, environment, ready, check, reload, initialize, setSecrets, files, data } = process;
  const known = [
    ...ALWAYS_KNOWN,
    ...(data ? ['data'] : []),
    ...Object.keys(role.settings).map((key) => `settings.${key}`),
    ...Object.keys(process.programs).map((key) => `programs.${key}`),
  ];
  const places: [string, string[]][] = [
    ['argv', argv],
    ['environment', Object.values(environment)],
    ['ready', ready === null ? [] : 'tcp' in ready ? [ready.tcp] : ready.command],
    ['check', check ?? []],
    ['confirm', confirmTexts(reload?.confirm ?? null)],
    ['initialize/argv', initialize?.argv ?? []],
    ['set_secrets', setSecrets ?? []],
  ];
  const unknown = places.flatMap(([place, texts]) =>
    texts
      .flatMap(placeholdersIn)
      .filter((name) => !known.includes(name))
      .map((name) => `${place}: ${noSuch('value', name, known)}`),
  );
  const absent = files
    .filter((file) => !templates.includes(file.template))
    .map((file) => `files: there is no templates/${file.template}`);
  const homeless = data
    ? []
    : [
        ...(initialize === null ? [] : ['initialize: only a process with data has a first run']),
        ...(setSecrets === null ? [] : ['set_secrets: only data can hold secrets']),
      ];
  const checked =
    check !== null && files.length === 0 ? ['check: there are no files to check'] : [];
  const circular =
    namesValue(check ?? [], 'data') && namesValue(initialize?.argv ?? [], 'config')
      ? ['check: it cannot look at the data, which a first run makes out of the config']
      : [];
  return [...unknown, ...absent, ...homeless, ...checked, ...circular];
}

function confirmTexts(confirm: ReloadConfirm | null): string[] {
  if (confirm === null) return [];
  return 'http' in confirm ? [confirm.http] : confirm.command;
}

function groupMistakes({ roles, groups }: Catalogue): string[] {
  return [...groups].flatMap(([group, names]) => [
    ...(roles.has(group) ? [`roles/groups.yml: ${group}: a role has this name`] : []),
    ...names
      .filter((name) => !roles.has(name))
      .map((name) => `roles/groups.yml: ${group}: ${noSuch('role', name, roles.keys())}`),
  ]);
}

/** A process runs once, whichever of its roles asked for it, so they must ask for the same. */
function sharedProcesses({ roles }: Catalogue): string[] {
  const first = new Map<string, { role: string; text: string }>();
  return [...roles.values()].flatMap((role) =>
    role.processes.flatMap((process, index) => {
      const text = canonicalJson(process);
      const other = first.get(process.name) ?? { role: role.name, text };
      first.set(process.name, other);
      return other.text === text
        ? []
        : [
            `roles/${role.name}.yml: processes/${index}: ` +
              `process '${process.name}' is defined differently in roles/${other.role}.yml`,
          ];
    }),
  );
}

/** `there is no value 'prot', did you mean 'port'?` */
export function noSuch(what: string, name: string, candidates: Iterable<string>): string {
  const hint = didYouMean(name, candidates);
  return `there is no ${what} '${name}'${hint === undefined ? '' : `, ${hint}`}`;
}
