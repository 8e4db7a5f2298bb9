import type { KatoError } from '../domain/base/error.ts';
import type { ErrorRecord } from '../domain/base/error-codes.ts';
import type { Json } from '../domain/document/cluster.ts';
import type { BusAddress } from './failures.ts';
import type { Identity } from './identity.ts';
import type { Limits } from './limits.ts';
import type { Subject } from './subjects.ts';

export interface BusOptions extends BusAddress {
  /** `who` is the id of a node or of a joiner's token, or CONTROLLER of subjects.ts. */
  identity: Identity & { who: string };
  /** The cluster's certificate authority in PEM. */
  ca: string;
  clusterId: string;
  /** What the server's connection list calls this program. */
  name: string;
  /** Told each change, the first `up` included. The reason is null when up. */
  onStatus?: (status: 'up' | 'down', reason: KatoError | null) => void;
  /** For one try to connect; 10 s unless told. */
  timeoutMs?: number;
}

/** Where a bus is, and how it is trusted: what all identities of a program have in common. */
export type BusPlace = Omit<BusOptions, 'identity' | 'name' | 'onStatus'>;

export interface Message {
  subject: string;
  /** Who said it, vouched for by the bus; null where a subject does not tell. */
  sender: string | null;
  body: Json;
}

/** What one of many asked said, or why he did not. */
export type Answer = { ok: Json } | { error: ErrorRecord };

/** A connection that comes back by itself, for ever, until it is closed. */
export interface Bus {
  readonly who: string;
  readonly connected: boolean;
  /**
   * Asks one responder. Throws the responder's own KatoError, BUS_AWAY at once while there is no
   * connection or when it breaks, CONTROLLER_AWAY or NODE_UNREACHABLE at once when nobody listens,
   * TIMEOUT, NOT_ALLOWED.
   */
  request(subject: string, body: Json, options: { timeoutMs: number }): Promise<Json>;
  /**
   * Asks all subjects at once, one answer each, in the same order. Whoever is known to be gone
   * costs no wait; the others are given up after `waitMs`. Each answer is vouched for by its subject.
   */
  gather(subjects: readonly string[], body: Json, options: { waitMs: number }): Promise<Answer[]>;
  /** Says it now or not at all: false, when the connection is away. */
  publish(subject: string, body: Json): boolean;
  /** What is not admitted, and bodies beyond the limits, are dropped. Returns what ends it. */
  subscribe(subject: string, handler: (message: Message) => void, intake?: Intake): () => void;
  /**
   * Answers requests; what `handler` throws is the answer, too, and BAD_VALUE for a body beyond the
   * limits. Drops a message whose reply is not under the asker's own inbox: answering it would be
   * speaking for him elsewhere. No other subscription of this connection may cover the subject: the
   * server allows one answer for a request, and counts a second delivery as if it had been given.
   */
  respond(
    subject: string,
    handler: (message: Message) => Promise<Json>,
    intake?: Intake,
  ): () => void;
  /** Round trip in ms. Whatever was subscribed and published before is then with the server. */
  rtt(): Promise<number>;
  /** Sends what is pending, at most for a second. */
  close(): Promise<void>;
}

export interface Intake {
  /** Of all with the same queue one gets each message. */
  queue?: string;
  /**
   * Asked about each message before a byte of it is read, so it has to be quick. Without it the limits
   * are those of the kind of sender. `bytes` is its length.
   */
  admit?: (subject: Subject, bytes: number) => Admission;
  /** Told how long each answer was, unpacked. */
  answered?: (subject: Subject, bytes: number) => void;
}

/** How much of a message is accepted, or that none of it is; `busy` is reported to the asker. */
export type Admission = Limits | 'busy' | 'drop';
