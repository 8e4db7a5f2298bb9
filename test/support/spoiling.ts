import fc from 'fast-check';
import type { Json } from '../../src/domain/document/cluster.ts';

/** Texts that have broken something somewhere: controls, other directions, names that objects have. */
const NASTY = [
  '',
  '\u0000',
  '\u001b]0;title\u0007\u001b[2J',
  '\u202eevil\u2066',
  '__proto__',
  'constructor',
  'n00000000000a',
  '../../etc/passwd',
  '${config}',
  '"; } server { #',
  '*',
  '>',
  '10.0.1.1',
  '255.255.255.255:65536',
  'a'.repeat(255),
  'ä'.repeat(300),
  'x'.repeat(20_000),
  '2026-02-30T99:99:99Z',
];

export const nastyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 80 }));

export const anyJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: nastyText },
  { weight: 2, arbitrary: fc.constantFrom<Json>(null, true, 0, -1, 1.5, 2 ** 53, 1e300, -1e300) },
  { weight: 1, arbitrary: fc.array(nastyText, { maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constant(new Array<Json>(3000).fill('x')) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json> },
);

/** A value of a right form with one or two of its parts replaced or left out, or more beside them. */
export function spoiled(right: Json): fc.Arbitrary<Json> {
  const places = pathsIn(right);
  const change = fc.record({
    path: fc.constantFrom(...places),
    more: fc.constantFrom(undefined, undefined, undefined, 'node', 'more', '__proto__'),
    value: fc.oneof({ weight: 8, arbitrary: anyJson }, fc.constant(undefined)),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 2 });
  const mixed = changes.map((all): Json => {
    const copy = { top: structuredClone(right) };
    for (const { path, more, value } of all)
      put(copy, more === undefined ? path : [...path, more], value);
    return copy.top ?? null;
  });
  return fc.oneof({ weight: 7, arbitrary: mixed }, { weight: 1, arbitrary: fc.constant(right) });
}

type Inner = { [key: string]: Json | undefined };

/** In vain where an earlier change left no such place. */
function put(whole: Inner, path: readonly string[], value: Json | undefined): void {
  let place: unknown = whole;
  for (const key of path.slice(0, -1)) place = (place as Inner | null | undefined)?.[key];
  if (place === null || typeof place !== 'object') return;
  if (value === undefined) delete (place as Inner)[path.at(-1)!];
  else {
    // Its own: the next change may be in it.
    Object.defineProperty(place, path.at(-1)!, { value: structuredClone(value), ...WRITABLE });
  }
}

/** As JSON.parse does it, also where the key is `__proto__`. */
const WRITABLE = { enumerable: true, configurable: true, writable: true };

/** Where something stands in a value, the whole of it first. */
export function pathsIn(value: unknown, path: readonly string[] = ['top']): string[][] {
  const inner = value === null || typeof value !== 'object' ? [] : Object.entries(value);
  return [[...path], ...inner.flatMap(([key, item]) => pathsIn(item, [...path, key]))];
}

/** A text of a right form, with a few characters changed, cut out, doubled or put in from elsewhere. */
export function spoiledText(right: string): fc.Arbitrary<string> {
  const nasty = fc.constantFrom(...['\0', '"', '\\', '{}', '[', 'null', '1e999', '\ud800', '\n']);
  const change = fc.record({
    at: fc.nat(right.length),
    length: fc.nat(40),
    put: fc.oneof(nasty, fc.constant('__proto__'), fc.string()),
  });
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      changes.reduce(
        (text, { at, length, put: added }) => text.slice(0, at) + added + text.slice(at + length),
        right,
      ),
    );
}
