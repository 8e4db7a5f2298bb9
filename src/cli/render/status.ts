import {
  hasGone,
  type NodeState,
  type NodeStatus,
  type PoolStatus,
  type RoleStatus,
  type Status,
} from '../../domain/telling/status.ts';
import type { Style } from './text/style.ts';
import { tableRows, wrap } from './text/table.ts';
import { ageText, withLocalTimes } from './text/time.ts';

/** A part of the picture that is shown whole or not at all, and what it shows. */
export interface Block {
  lines: string[];
  shows?: { what: 'warning' | 'node' | 'pool' | 'role that no node has'; count: number };
}

/** What is wrong, then the nodes, then the pools: at most `width` columns. */
export function statusLines(status: Status, style: Style, width: number): string[] {
  return statusBlocks(status, style, width).flatMap(({ lines }) => lines);
}

export function statusBlocks(status: Status, style: Style, width: number): Block[] {
  const { cluster, warnings, nodes, pools, unassigned } = status;
  const title = `cluster ${cluster.endpoint}, core ${cluster.core}, revision ${cluster.revision}`;
  const [header = [], ...nodeRows] = nodeTable(nodes, style, width);
  return [
    ...warnings.map(({ message }) => one('warning', warningLines(message, style, width))),
    { lines: warnings.length > 0 ? [''] : [] },
    { lines: [...wrap(title, width).map((line) => style.dim(line)), ...header] },
    ...nodeRows.map((lines) => one('node', lines)),
    { lines: pools.length > 0 ? [''] : [] },
    ...tableRows(pools.map(poolRow), width).map((lines) => one('pool', lines)),
    ...unassignedBlocks(unassigned, width),
  ];
}

function one(what: NonNullable<Block['shows']>['what'], lines: string[]): Block {
  return { lines, shows: { what, count: 1 } };
}

function warningLines(message: string, style: Style, width: number): string[] {
  const [first = '', ...more] = wrap(withLocalTimes(message), width - '! '.length);
  // Not the function itself: chalk would take the index and the list for texts, too.
  return [`! ${first}`, ...more.map((line) => `  ${line}`)].map((line) => style.yellow(line));
}

const HEADER = ['  NAME', 'ADDRESS', 'STATE', 'SEEN', 'ROLES'];
const STATE_COLUMN = 2;

function nodeTable(nodes: readonly NodeStatus[], style: Style, width: number): string[][] {
  return tableRows([HEADER, ...nodes.map(nodeRow)], width, (cell, row, column) => {
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

/** The roles of a node that is gone are not marked one by one: its state says it. */
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
  return [`  ${name}`, kind === 'route' ? kind : 'pool', texts.join(' ') || 'no member'];
}

function unassignedBlocks(unassigned: readonly string[], width: number): Block[] {
  if (unassigned.length === 0) return [];
  const row = ['  roles that no node has', unassigned.join(' ')];
  return tableRows([row], width).map((lines) => ({
    lines: ['', ...lines],
    shows: { what: 'role that no node has', count: unassigned.length },
  }));
}
