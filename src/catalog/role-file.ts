import * as v from 'valibot';
import { didYouMean } from '../domain/base/names.ts';
import type {
  FileDefinition,
  PortDefinition,
  ProcessDefinition,
  ProgramDefinition,
  ReloadConfirm,
  RoleDefinition,
  Seen,
  SettingDefinition,
} from '../domain/roles/role.ts';
import { secretsOfRole } from '../domain/roles/roles.ts';

/** An object with these keys and no others. */
function form<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected !== 'never')
      return issue.received === 'undefined' ? 'missing' : issue.message;
    const hint = didYouMean(String(issue.path?.at(-1)?.key), Object.keys(entries));
    return hint === undefined ? 'unknown key' : `unknown key, ${hint}`;
  });
}

/** The form of `roles/<name>.yml`: what may be left out is filled in, what is unknown is refused. */
const identifier = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a name of a-z 0-9 _ -'));
const line = v.pipe(v.string(), v.nonEmpty('a text'), v.regex(/^[^\n]*$/, 'one line of text'));
const variable = v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'a name of A-Z a-z 0-9 _'));
const absolute = v.pipe(v.string(), v.regex(/^\//, 'an absolute path'));
const count = v.pipe(v.number(), v.integer('a whole number'), v.minValue(0, 'at least 0'));
const seconds = v.pipe(v.number(), v.integer(), v.minValue(1, 'at least 1'), v.maxValue(3600));
const argv = v.pipe(v.array(v.string()), v.nonEmpty('a program and its arguments'));
const names = v.optional(v.array(v.string()), []);

const setting = form({
  type: v.picklist(['string', 'integer', 'number', 'boolean', 'duration', 'size', 'networks']),
  default: v.union([v.string(), v.number(), v.boolean(), v.array(v.string())]),
  help: line,
  minimum: v.exactOptional(v.number()),
  maximum: v.exactOptional(v.number()),
  choices: v.exactOptional(v.array(v.string())),
  fixed: v.exactOptional(line),
});

const file = form({
  path: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_$][A-Za-z0-9._${}-]*$/, 'a file name')),
  template: v.pipe(v.string(), v.regex(/^[a-z0-9_-]+\/[A-Za-z0-9._-]+$/, 'folder/file')),
  each: v.optional(v.nullable(identifier), null),
  mode: v.optional(v.pipe(v.string(), v.regex(/^0[0-7]{3}$/, 'octal text such as "0640"')), '0640'),
  change: v.optional(v.picklist(['reload', 'restart']), 'restart'),
});

const portNumber = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  v.pipe(v.string(), v.regex(/^\$\{settings\.[a-z0-9_]+\}$/, 'a number or ${settings.NAME}')),
]);

const port = form({
  port: portNumber,
  protocol: v.optional(v.picklist(['tcp', 'udp']), 'tcp'),
  listen: v.optional(v.picklist(['node', 'loopback', 'all']), 'node'),
  purpose: line,
});

/** What a node with the role is told of the cluster. */
const seen = v.pipe(
  v.string(),
  v.regex(
    /^(routes|certificates|peers|clients|users|document|pools\/[a-z][a-z0-9_-]{0,62})$/,
    'routes, certificates, peers, clients, users, document or pools/NAME',
  ),
  v.transform((text) => text as Seen),
);

const process = form({
  name: identifier,
  argv,
  programs: v.optional(
    v.record(
      identifier,
      form({
        path: absolute,
        version_file: v.optional(v.nullable(v.string()), null),
      }),
    ),
    {},
  ),
  user: v.optional(identifier, 'root'),
  environment: v.optional(v.record(variable, v.string()), {}),
  ready: v.optional(
    v.pipe(
      form({
        tcp: v.exactOptional(v.string()),
        command: v.exactOptional(argv),
        seconds: v.optional(seconds, 20),
      }),
      v.check(
        ({ tcp, command }) => (tcp === undefined) !== (command === undefined),
        'tcp or command',
      ),
    ),
  ),
  after: names,
  stop: v.optional(
    form({
      signal: v.optional(v.picklist(['TERM', 'INT', 'QUIT']), 'TERM'),
      seconds: v.optional(seconds, 10),
    }),
    {},
  ),
  data: v.optional(v.boolean(), false),
  initialize: v.optional(v.nullable(form({ argv, marker: v.string() })), null),
  set_secrets: v.optional(v.nullable(argv), null),
  files: v.optional(v.array(file), []),
  check: v.optional(v.nullable(argv), null),
  update: v.optional(v.picklist(['restart', 'next_start']), 'restart'),
  reload: v.optional(v.picklist(['HUP', 'USR1', 'USR2'])),
  confirm: v.optional(
    v.nullable(
      v.pipe(
        form({
          http: v.exactOptional(v.pipe(v.string(), v.regex(/^http:\/\//, 'an http address'))),
          field: v.exactOptional(identifier),
          command: v.exactOptional(argv),
        }),
        v.check(
          ({ http, field, command }) =>
            (http === undefined) === (field === undefined) &&
            (http === undefined) !== (command === undefined),
          'http and field, or command',
        ),
      ),
    ),
    null,
  ),
  ports: v.optional(v.array(port), []),
});

export const RoleFile = form({
  summary: line,
  given: v.optional(v.picklist(['always', 'setup', 'add']), 'add'),
  core: v.optional(v.boolean(), false),
  vital: v.optional(v.boolean(), false),
  needs: names,
  excludes: names,
  per_cluster: v.optional(
    form({
      min: v.optional(count, 0),
      max: v.optional(v.nullable(count), null),
    }),
    {},
  ),
  packages: v.optional(v.record(identifier, v.array(v.string())), {}),
  settings: v.optional(v.record(identifier, setting), {}),
  secrets: v.optional(
    v.record(
      identifier,
      form({
        help: line,
        length: v.optional(v.pipe(v.number(), v.minValue(16, 'at least 16')), 32),
        scope: v.optional(v.picklist(['node', 'cluster']), 'node'),
      }),
    ),
    {},
  ),
  shared_secrets: names,
  serves: v.optional(v.nullable(form({ pool: identifier, port: portNumber })), null),
  sees: v.optional(v.array(seen), []),
  processes: v.optional(v.array(process), []),
});

export const GroupsFile = v.record(identifier, v.array(v.string()));

export type RoleFileContent = v.InferOutput<typeof RoleFile>;
/** Limit for a process without a ready check: it only has to start. */
const READY_AT_ONCE_SECONDS = 5;

type ProcessContent = RoleFileContent['processes'][number];

/** The words of the file as those of the domain. */
export function roleDefinition(name: string, content: RoleFileContent): RoleDefinition {
  const { per_cluster, shared_secrets, processes, settings, serves, ...same } = content;
  return {
    name,
    ...same,
    perCluster: per_cluster,
    sharedSecrets: [...shared_secrets, ...ownPrefix(name, content.secrets)],
    serves: serves && { pool: serves.pool, ...portOf(serves.port, settings) },
    settings: settings satisfies Record<string, SettingDefinition>,
    processes: processes.map(processDefinition),
    ports: processes.flatMap((one) => one.ports.map((port) => portDefinition(one, port, settings))),
  };
}

/** Where the secrets stand that all nodes with the role have in common. */
function ownPrefix(name: string, secrets: RoleFileContent['secrets']): string[] {
  const isShared = Object.values(secrets).some(({ scope }) => scope === 'cluster');
  return isShared ? [secretsOfRole(name)] : [];
}

function processDefinition(content: ProcessContent): ProcessDefinition {
  const { programs, ready, reload, confirm, set_secrets, ports: _, ...same } = content;
  return {
    ...same,
    programs: Object.fromEntries(
      Object.entries(programs).map(
        ([name, { path, version_file }]): [string, ProgramDefinition] => [
          name,
          { path, versionFile: version_file },
        ],
      ),
    ),
    ready: readyDefinition(ready),
    readySeconds: ready?.seconds ?? READY_AT_ONCE_SECONDS,
    setSecrets: set_secrets,
    files: content.files satisfies FileDefinition[],
    reload: reload === undefined ? null : { signal: reload, confirm: confirmDefinition(confirm) },
  };
}

function readyDefinition(ready: ProcessContent['ready']): ProcessDefinition['ready'] {
  if (ready?.tcp !== undefined) return { tcp: ready.tcp };
  return ready?.command === undefined ? null : { command: ready.command };
}

function confirmDefinition(confirm: ProcessContent['confirm']): ReloadConfirm | null {
  if (confirm?.command !== undefined) return { command: confirm.command };
  return confirm === null ? null : { http: confirm.http!, field: confirm.field! };
}

function portDefinition(
  process: ProcessContent,
  content: ProcessContent['ports'][number],
  settings: RoleFileContent['settings'],
): PortDefinition {
  const { port, ...same } = content;
  return { ...same, ...portOf(port, settings), process: process.name };
}

function portOf(
  port: number | string,
  settings: RoleFileContent['settings'],
): Pick<PortDefinition, 'port' | 'setting'> {
  if (typeof port === 'number') return { port, setting: null };
  const setting = port.slice('${settings.'.length, -1);
  return { port: Number(settings[setting]?.default), setting };
}
