import type { Subject } from './subjects.ts';

/** How much of one message is taken. */
export interface Limits {
  /** Of what comes over the wire. */
  bytes: number;
  /** Of what that unpacks to. */
  plainBytes: number;
  /** Lists, objects and what is in them: a kilobyte can unpack to half a million, which take longest to make. */
  values: number;
}

const KB = 1024;
const MB = 1024 * KB;

/** What controllers say, and what they keep: the bus carries 8 MB, and JSON shrinks to a quarter. */
export const TRUSTED: Limits = { bytes: 8 * MB, plainBytes: 32 * MB, values: 4_000_000 };
/** What controllers wrote themselves, and nobody else can: nothing in it is counted. */
export const KEPT: Limits = { ...TRUSTED, values: Number.POSITIVE_INFINITY };
/** An import, or a certificate with a long chain, is what an admin sends. */
export const ADMIN = TRUSTED;
/** A report of a node with every role is 20 kB; one of 256 processes and 2000 steps has 12,000 values. */
const NODE: Limits = { bytes: 128 * KB, plainBytes: MB, values: 20_000 };
/** A router hands in what is announced, which is less (`ANNOUNCED_BYTES_MAX`), however badly it packs. */
const VIEW: Limits = { bytes: MB, plainBytes: MB, values: 60_000 };
/** Most of it is the names of all roles that the machine knows. */
const JOINER: Limits = { bytes: 16 * KB, plainBytes: 16 * KB, values: 2000 };
/** 500 host names at their longest would be 128 kB; those of one component are 2. */
const ANNOUNCER: Limits = { bytes: 32 * KB, plainBytes: 32 * KB, values: 2000 };
const BEAT: Limits = { bytes: KB, plainBytes: KB, values: 100 };

/** By sender. A controller also knows who is an admin. */
export function limitsOf(subject: Subject | null): Limits {
  switch (subject?.kind) {
    case 'heartbeat':
      return BEAT;
    case 'join':
      return JOINER;
    case 'announcement':
      return ANNOUNCER;
    case 'ask':
      return TRUSTED;
    case 'op':
      return subject.operation === 'view' ? VIEW : NODE;
    default:
      return NODE;
  }
}

/** Of an answer, by who was asked. */
export function limitsOfAnswer(subject: string): Limits {
  return subject.startsWith('kato.node.') ? NODE : TRUSTED;
}
