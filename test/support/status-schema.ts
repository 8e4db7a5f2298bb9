import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

const FILE = join(import.meta.dirname, '../../docs/reference/status.schema.json');

/** What people are told of `kato status --json`. */
export const statusSchema = JSON.parse(readFileSync(FILE, 'utf8'));

/** The schema as it is today: without room for what may be added. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (part === null || typeof part !== 'object') return part;
  const entries = Object.entries(part).map(([key, value]) => [key, closed(value)]);
  const isObject = 'properties' in part && 'type' in part;
  return { ...Object.fromEntries(entries), ...(isObject ? { additionalProperties: false } : {}) };
}

/** Formats are told to people; the shapes are what is checked here. */
const ajv = new Ajv({ strict: true, formats: { hostname: true, ipv4: true, 'date-time': true } });
const validate = ajv.compile(closed(statusSchema) as object);

export function fitsStatusSchema(status: unknown): boolean {
  return validate(status);
}

export function assertFitsStatusSchema(status: unknown): void {
  assert.ok(validate(status), ajv.errorsText(validate.errors));
}
