import { hashOf } from '../base/hash.ts';

/** Something that views are made of, with a hash over it. */
export interface Part<T> {
  value: T;
  hash: string;
}

interface Kept extends Part<unknown> {
  from: readonly unknown[];
}

/** Parts by name, each made when it is first asked for. */
export interface Parts {
  kept: ReadonlyMap<string, Kept>;
  /**
   * Made anew where one of `from` is another object than it was for the parts before. `hash` gives one
   * that costs less than that over the value.
   */
  part<T>(name: string, from: readonly unknown[], make: () => T, hash?: () => string): Part<T>;
}

/** `before` are the parts of the last time: what did not change is neither made nor hashed again. */
export function startParts(before?: Parts): Parts {
  const old = before?.kept ?? new Map<string, Kept>();
  const kept = new Map<string, Kept>();
  return {
    kept,
    part: <T>(
      name: string,
      from: readonly unknown[],
      make: () => T,
      hash?: () => string,
    ): Part<T> => {
      let part = kept.get(name);
      if (part === undefined) {
        const was = old.get(name);
        const isSame = was?.from.every((one, i) => one === from[i]) === true;
        part = isSame ? was! : { from, ...hashed(make(), hash) };
        kept.set(name, part);
      }
      return part as Part<unknown> as Part<T>;
    },
  };
}

function hashed<T>(value: T, hash: () => string = () => hashOf(value)): Part<T> {
  return { value, hash: hash() };
}
