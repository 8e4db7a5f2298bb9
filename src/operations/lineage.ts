import { randomBytes } from 'node:crypto';

/** Of a history that begins: at setup and at each recovery. */
export function newLineage(): string {
  return randomBytes(16).toString('hex');
}
