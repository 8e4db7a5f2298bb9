import { hashOf } from '../base/hash.ts';

/** Something that views are made of, with a hash over it. */
export interface Part<T> {
  value: T;
  hash: string;
}

/** Parts by the names that they have in a view. */
export type Named = Readonly<Record<string, Part<unknown> | undefined>>;

interface Kept {
  part: Part<unknown>;
  from: readonly unknown[];
}

/** Parts of one state by name, each made when it is first asked for. */
export interface Parts {
  kept: ReadonlyMap<string, Kept>;
  groups: ReadonlyMap<string, Named>;
  /**
   * Made anew where one of `from` is another object than it was for the parts before. `hash` gives one
   * that costs less than that over the value, or '' for a part that is only what others are made of.
   */
  part<T>(
    name: string,
    from: readonly unknown[],
    make: () => T,
    hash?: (value: T) => string,
  ): Part<T>;
  /** What many nodes are given alike: the same object as before where each of its parts is. */
  group<T extends Named>(name: string, make: () => T): T;
}

/** `before` are parts of other states: what has not changed since one of them is neither made nor hashed again. */
export function startParts(...before: readonly (Parts | undefined)[]): Parts {
  // Not the parts themselves, which would keep all those before them.
  const known = before.filter((parts) => parts !== undefined);
  const old = known.map((parts) => parts.kept);
  const oldGroups = known.map((parts) => parts.groups);
  const kept = new Map<string, Kept>();
  const groups = new Map<string, Named>();
  return {
    kept,
    groups,
    part: <T>(
      name: string,
      from: readonly unknown[],
      make: () => T,
      hash: (value: T) => string = hashOf,
    ): Part<T> => {
      let now = kept.get(name);
      if (now === undefined) {
        const were = old.map((one) => one.get(name)).filter((one) => one !== undefined);
        const isMadeOf = (one: Kept): boolean => one.from.every((it, i) => it === from[i]);
        now = were.find(isMadeOf) ?? { from, part: madeOrKnown(make(), hash, were) };
        kept.set(name, now);
      }
      return now.part as Part<T>;
    },
    group: <T extends Named>(name: string, make: () => T): T => {
      let now = groups.get(name);
      if (now === undefined) {
        const made = make();
        const were = oldGroups.map((one) => one.get(name)).filter((one) => one !== undefined);
        now = were.find((one) => areSame(one, made)) ?? made;
        groups.set(name, now);
      }
      return now as T;
    },
  };
}

/** Whether two have the same parts, by their hashes. */
export function areSame(one: Named, other: Named): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => one[name]?.hash === other[name]?.hash)
  );
}

function madeOrKnown<T>(
  value: T,
  hashed: (value: T) => string,
  known: readonly Kept[],
): Part<unknown> {
  const hash = hashed(value);
  const same = hash === '' ? undefined : known.find(({ part }) => part.hash === hash);
  return same?.part ?? { value, hash };
}
