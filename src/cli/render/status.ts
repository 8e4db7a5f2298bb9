import {
  hasGone,
  type NodeState,
  type NodeStatus,
  type PoolStatus,
  type RoleStatus,
  type Status,
} from '../../domain/status.ts';
import { PLAIN, type Style } from './style.ts';
import { table, WIDTH_MAX, wrap } from './table.ts';
import { ageText } from './time.ts';

/** What is wrong, then the nodes, then the pools: at most 100 columns. */
export function statusLines(status: Status, style: Style = PLAIN): string[] {
  const { cluster } = status;
  return [
    ...status.warnings.flatMap(({ message }) => warningLines(message, style)),
    ...(status.warnings.length > 0 ? [''] : []),
    style.dim(`cluster ${cluster.endpoint}, core ${cluster.core}, revision ${cluster.revision}`),
    ...nodeTable(status.nodes, style),
    ...(status.pools.length > 0 ? ['', ...table(status.pools.map(poolRow))] : []),
    ...unassignedLines(status.unassigned),
  ];
}

function warningLines(message: string, style: Style): string[] {
  const [first = '', ...more] = wrap(message, WIDTH_MAX - '! '.length);
  // Not the function itself: chalk would take the index and the list for texts, too.
  return [`! ${first}`, ...more.map((line) => `  ${line}`)].map((line) => style.yellow(line));
}

const HEADER = ['  NAME', 'ADDRESS', 'STATE', 'SEEN', 'ROLES'];
const STATE_COLUMN = 2;

function nodeTable(nodes: readonly NodeStatus[], style: Style): string[] {
  return table([HEADER, ...nodes.map(nodeRow)], (cell, row, column) => {
    if (row === 0) return style.bold(cell);
    const node = nodes[row - 1]!;
    if (column === STATE_COLUMN) return paintState(node.state, cell, style);
    return column === 0 && node.self ? style.bold(cell) : cell;
  });
}

function nodeRow(node: NodeStatus): string[] {
  return [
    `${node.self ? '*' : ' '} ${node.name}`,
    node.address,
    node.state,
    node.lastSeen === null ? '-' : ageText(node.lastSeen),
    rolesText(node),
  ];
}

/** What a node that is gone had is not told one by one: its state says it. */
function rolesText({ state, roles }: NodeStatus): string {
  return roles.map((role) => (hasGone(state) ? role.name : roleText(role))).join(' ') || '-';
}

/** A role that does what it should is just its name. */
function roleText({ name, state, stoppedBy, processes }: RoleStatus): string {
  if (state === 'running') return name;
  const isHeld = processes.some((process) => process.held === true);
  if (stoppedBy !== undefined) return `${name}(stopped by ${stoppedBy})`;
  return `${name}(${isHeld ? 'held' : state})`;
}

function paintState(state: NodeState, cell: string, style: Style): string {
  if (state === 'active') return style.green(cell);
  return state === 'dead' ? style.red(cell) : style.yellow(cell);
}

/** `shop.example.com  route  10.0.0.5:8080 10.0.0.6:8080(out)` */
function poolRow({ name, kind, members }: PoolStatus): string[] {
  const texts = members.map(({ address, state }) => (state === 'in' ? address : `${address}(out)`));
  return [`  ${name}`, kind === name ? 'pool' : kind, texts.join(' ') || 'no member'];
}

function unassignedLines(unassigned: readonly string[]): string[] {
  if (unassigned.length === 0) return [];
  return ['', ...table([['  roles that no node has', unassigned.join(' ')]])];
}
