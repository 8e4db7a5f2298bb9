import * as v from 'valibot';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import { isMachineName } from './names.ts';

/**
 * Shapes of what others send. All of them have a limit, and look at the size before the content:
 * a body costs what its limit allows, whoever wrote it.
 */

/** What people call something: longer than any of it may be, so that who checks it can say why. */
export const NAME_MAX = 256;

/** A text of so many characters at most. */
export function text(max: number) {
  return v.pipe(v.string(), v.maxLength(max, `more than ${max} characters`));
}

/** A name, an address or another word that somebody typed. */
export const word = text(NAME_MAX);

/** One of the closed list. */
export const errorCode = v.picklist(Object.keys(ERROR_CODES) as ErrorCode[]);

/** A text of exactly this form. The pattern has to be one that takes no longer for a longer text. */
export function form(pattern: RegExp, what: string, max = NAME_MAX) {
  const fits = (given: unknown): boolean =>
    typeof given === 'string' && given.length <= max && pattern.test(given);
  return v.custom<string>(fits, `not ${what}`);
}

/** What a program calls something: an id, which may be empty. */
export function idShape(what: string) {
  return form(/^[\w-]{0,64}$/, what);
}

/** What a machine calls itself. */
export const machineName = v.custom<string>(
  (given) => typeof given === 'string' && isMachineName(given),
  'not the host name of a machine',
);

/** As in `0.1.0`, `0.2.0-beta.1` or `0.1.0+abc`. */
export const katoVersion = form(/^\d{1,6}(\.\d{1,6}){2}([-+][\w.+-]{0,64})?$/, 'a version of kato');

/** As programs write it: `2026-03-01T12:00:00.000Z`. */
export const isoTime = v.custom<string>((given) => {
  const looksSo = typeof given === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{1,20}Z$/.test(given);
  return looksSo && Number.isFinite(Date.parse(given));
}, 'not an ISO time');

/** JSON can say 1e999, which is no number to count with. */
export function amount(min: number, max: number) {
  return v.pipe(v.number(), v.minValue(min, `less than ${min}`), v.maxValue(max, `over ${max}`));
}

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return v.pipe(amount(min, max), v.integer('not a whole number'));
}

export function list<const Item extends v.GenericSchema>(item: Item, max: number) {
  const fits = (given: unknown): boolean => Array.isArray(given) && given.length <= max;
  return v.pipe(v.custom<unknown[]>(fits, `not a list of at most ${max}`), v.array(item));
}

/** An object used as a table: keys are of the form that `key` has. */
export function table<
  const Key extends v.GenericSchema<string, string>,
  const Value extends v.GenericSchema,
>(key: Key, value: Value, max: number) {
  const fits = (given: unknown): boolean =>
    given !== null && typeof given === 'object' && Object.keys(given).length <= max;
  return v.pipe(v.custom<object>(fits, `not a table of at most ${max}`), v.record(key, value));
}

/** Names of roles, processes or addresses that somebody listed. */
export const words = list(word, 1000);

/** Whatever it is, to be looked at by who knows: its size was checked where it came in. */
export const anything = v.unknown();

export type Shaped<Value> = { value: Value; fault: null } | { value: null; fault: string };

/** The value, if it has the shape, else the first thing that is wrong with it: others are not looked for. */
export function shaped<Shape extends v.GenericSchema>(
  shape: Shape,
  given: unknown,
): Shaped<v.InferOutput<Shape>> {
  const { success, output, issues } = v.safeParse(shape, given, { abortEarly: true });
  if (success) return { value: output, fault: null };
  const path = v.getDotPath(issues[0]);
  return { value: null, fault: `${path === null ? '' : `${path}: `}${issues[0].message}` };
}
