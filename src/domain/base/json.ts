/** What a text says that may be damaged, or may be no JSON at all: then null. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The same where an object is wanted: what is none is an empty one. */
export function parsedObject(text: string): object {
  const value = parsedJson(text);
  return isObject(value) ? value : {};
}

/** Arrays are, too. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
