import { KatoError, refuse } from '../base/error.ts';
import { hashOf } from '../base/hash.ts';
import type { Node } from '../document/cluster.ts';
import { unknownHere, unknownToController } from '../roles/not-known.ts';
import type {
  FileDefinition,
  PortDefinition,
  ProcessDefinition,
  ReloadConfirm,
  RoleDefinition,
} from '../roles/role.ts';
import { allProcessNames, servingProcesses, unknownRoles } from '../roles/roles.ts';
import { fill, namesValue, type Values } from './fill.ts';
import { type PlannedProcess, processesOf } from './processes.ts';
import { serviceFolder } from './s6/service-folder.ts';
import type { ConfigFile, ConfigSpec, ProcessSpec, Spec } from './spec.ts';
import { itemsOf, templateValues } from './template-values.ts';
import type { CommonValues, CompileInput } from './values.ts';

/** Distribution whose packages are named. */
const DISTRIBUTION = 'debian';
const CONFIG_HASH_LENGTH = 16;

/**
 * All that should be on the node of a view, complete. Pure: the same view makes the same spec.
 * VERSION for a view that is newer than this kato. What is of a role that it does not know, or that the
 * controller did not know which made the view, is broken: it stays as it is.
 */
export function compileNode(input: CompileInput): Spec {
  const { view, catalogue, paths } = input;
  if (view.format !== 1) {
    throw refuse(
      'VERSION',
      `the view for this node has format ${String(view.format)}`,
      'this kato knows format 1: the controllers run a newer one',
      'install the same kato here as on the core',
    );
  }
  const processes: ProcessSpec[] = [];
  const unknown = unknownRoles(catalogue, view.node);
  const broken: Spec['broken'] = unknown.map((role) => {
    return { process: role, error: unknownHere(role).toJSON() };
  });
  for (const planned of processesOf(catalogue, view.node)) {
    try {
      processes.push(compileProcess(input, planned));
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      broken.push({ process: planned.definition.name, error: error.toJSON() });
    }
  }
  return {
    version: view.version,
    node: view.node.name,
    processes,
    broken,
    ...(unknown.length === 0 ? {} : { known: allProcessNames(catalogue) }),
    serving: servingProcesses(catalogue),
    purge: view.node.purged.map((process) => ({ process, folder: `${paths.data}/${process}` })),
  };
}

function compileProcess(input: CompileInput, planned: PlannedProcess): ProcessSpec {
  const { view, paths, bootId } = input;
  const { definition, roles, ports } = planned;
  const { name, ready, stop, initialize, setSecrets } = definition;
  const untold = roles.find((role) => view.settings[role.name] === undefined);
  if (untold !== undefined) throw unknownToController(untold.name);
  const values = templateValues(input, planned);
  const fillAll = (texts: string[]): string[] => texts.map((text) => fill(text, values));
  const process: Omit<ProcessSpec, 'service'> = {
    name,
    roles: roles.map((role) => role.name),
    ofCore: roles.some((role) => role.core),
    packages: [...new Set(roles.flatMap((role) => role.packages[DISTRIBUTION] ?? []))].sort(),
    user: definition.user,
    up: planned.wanted && view.node.held[name] !== bootId,
    argv: fillAll(definition.argv),
    environment: Object.fromEntries(
      Object.entries(definition.environment).map(([key, text]) => [key, fill(text, values)]),
    ),
    ready: readyOf(ready, values),
    readySeconds: definition.readySeconds,
    after: definition.after,
    stop,
    dataFolder: definition.data ? `${paths.data}/${name}` : null,
    initialize: initialize && {
      argv: fillAll(initialize.argv),
      marker: initialize.marker,
      readsConfig: namesValue(initialize.argv, 'config'),
    },
    setSecrets: setSecrets && { argv: fillAll(setSecrets), hash: hashOf(values.secrets) },
    config: configOf(input, definition, values),
    update: definition.update,
    reloadSignal: definition.reload?.signal ?? null,
    reloadConfirm: confirmOf(definition.reload?.confirm ?? null, values),
    restarts: view.node.restarts[name] ?? 0,
    ...toldOf(view.node, roles),
    listens: ports
      .filter((port) => port.protocol === 'tcp')
      .map((port) => ({ address: listenAddress(port, values), port: portNumber(port, values) })),
  };
  return { ...process, service: serviceFolder(process, paths) };
}

function toldOf(node: Node, roles: readonly RoleDefinition[]): Pick<ProcessSpec, 'told'> {
  const since = roles.flatMap(({ name }) => node.roles[name]?.since ?? []);
  return since.length === 0 ? {} : { told: Math.max(...since) };
}

function readyOf(ready: ProcessDefinition['ready'], values: Values): ProcessSpec['ready'] {
  if (ready === null) return null;
  if ('command' in ready) return { command: ready.command.map((text) => fill(text, values)) };
  const [address = '', port = ''] = fill(ready.tcp, values).split(':');
  return { tcp: { address, port: Number(port) } };
}

function confirmOf(confirm: ReloadConfirm | null, values: Values): ReloadConfirm | null {
  if (confirm === null) return null;
  if ('http' in confirm) return { http: fill(confirm.http, values), field: confirm.field };
  return { command: confirm.command.map((text) => fill(text, values)) };
}

function configOf(
  input: CompileInput,
  definition: ProcessDefinition,
  context: CommonValues,
): ConfigSpec | null {
  if (definition.files.length === 0) return null;
  const files = definition.files.flatMap((file) => filesOf(input, file, context));
  // The candidate's folder is not known here: the check keeps its ${config}.
  const values = { ...context, config: '${config}' };
  return {
    hash: hashOf(files.map(({ path, mode, content }) => ({ path, mode, content }))).slice(
      0,
      CONFIG_HASH_LENGTH,
    ),
    files,
    check: definition.check?.map((text) => fill(text, values)) ?? null,
  };
}

function filesOf(input: CompileInput, file: FileDefinition, context: CommonValues): ConfigFile[] {
  const items = file.each === null ? [context] : itemsOf(context, file.each);
  return items.map((item) => ({
    path: fill(file.path, item),
    mode: Number.parseInt(file.mode, 8),
    content: input.render(file.template, item),
    change: file.change,
  }));
}

function listenAddress(port: PortDefinition, values: CommonValues): string {
  if (port.listen === 'loopback') return values.local;
  return port.listen === 'all' ? values.listen : values.address;
}

function portNumber({ port, setting }: PortDefinition, values: CommonValues): number {
  return setting === null ? port : Number(values.settings[setting]);
}
