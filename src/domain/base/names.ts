import { isIPv4 } from 'node:net';
import { refuse } from './error.ts';

/** Names that reach a config file, a path or a subject: checked where they enter. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const IDENTIFIER = /^[a-z][a-z0-9_-]{0,62}$/;
/** What controllers give nodes as ids: `n` and twelve hex digits. */
const NODE_ID = /^n[0-9a-f]{12}$/;
const MACHINE_NAME = /^[\w.-]{1,64}$/;
const HOST_LENGTH_MAX = 253;
export const ROUTERS_OWN = '/.kato';
export const LABEL_LENGTH_MAX = 63;

function isHostname(text: string): boolean {
  if (isNodeId(text)) return false;
  return text.length <= HOST_LENGTH_MAX && text.split('.').every((label) => LABEL.test(label));
}

/** A host name of a route: `*.` may stand for the first labels. */
export function isHostPattern(text: string): boolean {
  return isHostname(text.startsWith('*.') ? text.slice(2) : text);
}

/** What a router answers itself, on every host name: no route leads there. */
export function isRoutersOwn(path: string): boolean {
  return path === ROUTERS_OWN || path.startsWith(`${ROUTERS_OWN}/`);
}

/** A word that would be taken for another node: no name of anything may look so. */
export function isNodeId(text: string): boolean {
  return NODE_ID.test(text);
}

/** Role, process and setting names. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && !isNodeId(text);
}

/** An address, or a network such as 10.1.0.0/16. */
export function isNetwork(text: string): boolean {
  const [, address = text, bits = '32'] = /^(.*)\/(\d{1,2})$/.exec(text) ?? [];
  return isIPv4(address) && Number(bits) <= 32;
}

export function checkHostname(text: string, what: string): string {
  const name = spelled(text);
  if (isHostname(name)) return name;
  throw refuse(
    'BAD_NAME',
    `${what} '${text}' is not a host name`,
    'labels of a-z, 0-9 and - joined by dots, each at most 63 characters, are allowed',
  );
}

/** DNS has one spelling for all: the dot at the end of a full name says nothing here. */
function spelled(host: string): string {
  return host.toLowerCase().replace(/(?<=[^.])\.$/, '');
}

export function checkHostPattern(text: string): string {
  const name = spelled(text);
  if (isHostPattern(name)) return name;
  throw refuse(
    'BAD_NAME',
    `'${text}' is not a host name`,
    'a host name such as shop.example.com, or *.example.com for all names below it, is allowed',
  );
}

/** One label, not a whole name with dots: what people call a node. */
export function checkNodeName(text: string): string {
  const name = text.toLowerCase();
  if (isNodeId(name)) {
    throw refuse(
      'BAD_NAME',
      `'${text}' cannot be the name of a node`,
      'it looks like the id of one',
      'kato node rename gives the machine another name; attach takes one with --name',
    );
  }
  if (LABEL.test(name)) return name;
  throw refuse(
    'BAD_NAME',
    `'${text}' is not a node name`,
    'a-z, 0-9 and - are allowed, at most 63 characters, the first and last not -',
  );
}

/** Several words in one, as people join them: by spaces or by commas. */
export function wordsIn(text: string): string[] {
  return text.split(/[,\s]+/).filter((word) => word !== '');
}

/** What a machine may call itself: more than its node may be called, as `web_01` or `Web.example.com.`. */
export function isMachineName(text: string): boolean {
  return MACHINE_NAME.test(text);
}

/** The nearest name that a node may have; null where nothing is left of it. */
export function asNodeName(text: string): string | null {
  const label = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LABEL_LENGTH_MAX);
  const name = label.replace(/^-/, '').replace(/-$/, '');
  return name === '' || isNodeId(name) ? null : name;
}

export function checkAddress(text: string): string {
  if (isIPv4(text) && text !== '0.0.0.0') return text;
  throw refuse(
    'BAD_ADDRESS',
    `'${text}' is not an IPv4 address of a node`,
    'kato speaks IPv4 between nodes',
    'give an address such as 10.0.0.5',
  );
}

/** `address:port`. */
export function isBackend(text: string): boolean {
  const [, host = '', port] = /^(.*):([1-9]\d{0,4})$/.exec(text) ?? [];
  return isIPv4(host) && Number(port) < 65_536;
}

export function checkBackend(text: string): string {
  if (isBackend(text)) return text;
  throw refuse(
    'BAD_ADDRESS',
    `'${text}' is not a backend`,
    'a backend is an IPv4 address and a port',
    'give it as 10.0.0.5:8080',
  );
}

/** Nobody mistypes more than this, nor a word that is longer. */
const TYPING_ERRORS_MAX = 4;
const WORD_ENDS = /[-._/:]/;

/**
 * The candidate nearest to `name`, if it is near enough to be a typing error. A name with another
 * number is another thing: `h6` is not `h1`, nor is one address the next; but `h33` may be an `h3`
 * that was typed twice.
 */
function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > HOST_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = TYPING_ERRORS_MAX + 1;
  for (const candidate of candidates) {
    if (isOtherNumber(name, candidate)) continue;
    const enough = Math.min(bestDistance, typingErrorsIn(name, candidate) + 1);
    const distance = editDistance(name, candidate, enough);
    if (distance >= enough) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/**
 * As many as the words allow that are not the same in both: `shop.example.com` is as far from
 * `blog.example.com` as `shop` is from `blog`.
 */
function typingErrorsIn(name: string, candidate: string): number {
  const words = candidate.split(WORD_ENDS);
  const differing = name.split(WORD_ENDS).filter((word) => !words.includes(word));
  const { length } = differing.length === 0 ? name : differing.join('.');
  const allowed = length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
  return Math.min(allowed, TYPING_ERRORS_MAX, length - 1);
}

/**
 * Letters to change, add, leave out, or swap with the next; `enough` where it is that or more. Only
 * what is less far than that from the diagonal is looked at, so that the time is linear.
 */
function editDistance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = new Array<number>(b.length + 1).fill(enough);
    if (i < enough) row[0] = i;
    const last = Math.min(b.length, i + enough);
    for (let j = Math.max(1, i - enough); j <= last; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? beforePrevious[j - 2]! + 1 : change;
      row[j] = Math.min(change, swap, previous[j]! + 1, row[j - 1]! + 1);
    }
    beforePrevious = previous;
    previous = row;
  }
  return Math.min(enough, previous[b.length]!);
}

/** Their digits differ, and not only by some that are too many or too few. */
function isOtherNumber(a: string, b: string): boolean {
  const digits = [a, b].map((text) => text.replaceAll(/\D/g, ''));
  const [short = '', long = ''] = digits.sort((one, other) => one.length - other.length);
  let at = 0;
  for (const digit of long) if (digit === short[at]) at++;
  return at < short.length;
}

export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(name, candidates);
  return found === undefined ? undefined : `did you mean '${found}'?`;
}
