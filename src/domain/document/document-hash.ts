import { canonicalJson, sha256 } from '../base/hash.ts';
import { isObject } from '../base/json.ts';
import type { Cluster } from './cluster.ts';

/** Hash over a document, as `hashOf` makes it, but at the cost of what changed. Documents never change. */
export const hashOfCluster = remembered((cluster) => sha256(canonical(cluster)));

/** Its JSON, in the order that it has. */
export const jsonOfCluster = remembered((cluster) => plain(cluster));

function remembered(make: (cluster: Cluster) => string): (cluster: Cluster) => string {
  const made = new WeakMap<Cluster, string>();
  return (cluster) => {
    const known = made.get(cluster);
    if (known !== undefined) return known;
    const text = make(cluster);
    made.set(cluster, text);
    return text;
  };
}

const canonical = documentText(canonicalJson, true);
const plain = documentText(JSON.stringify, false);

/** Writes nodes, routes and the like once each: a change makes one or two of them anew. */
function documentText(textOf: (value: unknown) => string, isSorted: boolean) {
  /** With the name that each was found under. */
  const texts = new WeakMap<object, { key: string; text: string }>();
  return (cluster: Cluster): string =>
    objectText(cluster, (key, part) => {
      if (Array.isArray(part)) return named(key, `[${part.map(elementText).join(',')}]`);
      return named(key, isObject(part) ? objectText(part, recordText) : textOf(part));
    });

  function objectText(object: object, text: (key: string, value: unknown) => string): string {
    const record = object as Record<string, unknown>;
    const lines: string[] = [];
    for (const key of keysOf(record)) {
      if (record[key] !== undefined) lines.push(text(key, record[key]));
    }
    return `{${lines.join(',')}}`;
  }

  function keysOf(record: Record<string, unknown>): string[] {
    const keys = Object.keys(record);
    if (!isSorted) return keys;
    keys.sort();
    // As objects have them: names like numbers come first, and stand first here already.
    const hasNumber = keys.some((key) => NUMBER.test(key));
    return hasNumber ? Object.keys(Object.fromEntries(keys.map((key) => [key, 0]))) : keys;
  }

  function recordText(key: string, record: unknown): string {
    if (!isObject(record)) return named(key, textOf(record));
    const known = texts.get(record);
    if (known?.key === key) return known.text;
    const text = named(key, textOf(record));
    texts.set(record, { key, text });
    return text;
  }

  /** As of a record that stands under no name. */
  function elementText(element: unknown): string {
    if (isObject(element)) return recordText('', element).slice(EMPTY_NAME);
    return textOf(element) ?? 'null';
  }
}

const NUMBER = /^\d/;
const EMPTY_NAME = '"":'.length;

function named(key: string, text: string): string {
  return `${JSON.stringify(key)}:${text}`;
}
