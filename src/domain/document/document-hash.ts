import { canonicalJson, sha256 } from '../base/hash.ts';
import type { Cluster } from './cluster.ts';

/** Of nodes, routes and the like, each made once: a change makes one or two anew. */
const TEXTS = new WeakMap<object, string>();
const HASHES = new WeakMap<Cluster, string>();

/** Hash over a document, as `hashOf` makes it, but at the cost of what changed. Documents never change. */
export function hashOfCluster(cluster: Cluster): string {
  const known = HASHES.get(cluster);
  if (known !== undefined) return known;
  const hash = sha256(textOfCluster(cluster));
  HASHES.set(cluster, hash);
  return hash;
}

/** Its canonical JSON. */
export function textOfCluster(cluster: Cluster): string {
  return objectText(cluster, (value) =>
    Array.isArray(value)
      ? `[${value.map(textOf).join(',')}]`
      : isObject(value)
        ? objectText(value, textOf)
        : canonicalJson(value),
  );
}

function objectText(object: object, text: (value: unknown) => string): string {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${text(value)}`).join(',')}}`;
}

function textOf(value: unknown): string {
  if (!isObject(value)) return canonicalJson(value);
  const known = TEXTS.get(value);
  if (known !== undefined) return known;
  const text = canonicalJson(value);
  TEXTS.set(value, text);
  return text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
