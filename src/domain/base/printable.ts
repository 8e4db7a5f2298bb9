/**
 * What a terminal would act on instead of showing it: control characters, marks that turn the order of
 * the others or are not seen at all, separators of lines, halves of characters.
 */
const ACTED_ON = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const WITHIN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from anywhere as one line that a terminal shows as it is: `\x1b`, `\u202e`. Twice is as once. */
export function printable(text: string): string {
  return text.replaceAll(ACTED_ON, escaped);
}

/** The same for a text of several lines, whose ends stay. */
export function printableText(text: string): string {
  return text.replaceAll(WITHIN_LINES, escaped);
}

/**
 * The same for all text in a value, names of fields too, before it is rendered: tables measure what is
 * shown. Ends of lines stay: who renders a text of several lines takes it apart.
 */
export function printableValue<Value>(value: Value): Value {
  return copied(value) as Value;
}

/** JSON that a terminal shows as it is, and that means the same. */
export function printableJson(json: string): string {
  return json.replaceAll(WITHIN_LINES, (character) =>
    Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join(''),
  );
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value);
  if (Array.isArray(value)) return value.map(copied);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [printable(name), copied(item)]),
  );
}

function escaped(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0)!;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? unit(code) : `\\u{${hex(code, 1)}}`;
}

function unit(code: number): string {
  return `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
