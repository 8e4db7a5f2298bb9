import { canonicalJson, sha256 } from '../base/hash.ts';
import { isObject } from '../base/json.ts';
import type { Cluster } from './cluster.ts';

const HASHES = new WeakMap<Cluster, string>();

/** Hash over a document, as `hashOf` makes it, but at the cost of what changed. Documents never change. */
export function hashOfCluster(cluster: Cluster): string {
  const known = HASHES.get(cluster);
  if (known !== undefined) return known;
  const hash = sha256(canonical(cluster));
  HASHES.set(cluster, hash);
  return hash;
}

/** Its JSON, in the order that it has. */
export function jsonOfCluster(cluster: Cluster): string {
  return plain(cluster);
}

const canonical = documentText(canonicalJson, true);
const plain = documentText(JSON.stringify, false);

/** Writes nodes, routes and the like once each: a change makes one or two of them anew. */
function documentText(textOf: (value: unknown) => string, isSorted: boolean) {
  const texts = new WeakMap<object, string>();
  return (cluster: Cluster): string =>
    objectText(cluster, (part) => {
      if (Array.isArray(part)) return `[${part.map(recordText).join(',')}]`;
      return isObject(part) ? objectText(part, recordText) : textOf(part);
    });

  function objectText(object: object, text: (value: unknown) => string): string {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    if (isSorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    // As objects have them: names like numbers come first.
    const named = Object.entries(Object.fromEntries(entries));
    return `{${named.map(([key, value]) => `${JSON.stringify(key)}:${text(value)}`).join(',')}}`;
  }

  function recordText(record: unknown): string {
    if (!isObject(record)) return textOf(record);
    const text = texts.get(record) ?? textOf(record);
    texts.set(record, text);
    return text;
  }
}
