import * as v from 'valibot';
import { refuse } from '../base/error.ts';
import {
  amount,
  anything,
  errorCode,
  list,
  shaped,
  table,
  text,
  whole,
  word,
  words,
} from '../base/shapes.ts';
import { CLUSTER_FORMAT, type Cluster } from './cluster.ts';

/** Far above any cluster, below what the bus carries. */
const RECORDS_MAX = 100_000;
/** Of a chain of certificates, a setting and the name of a route. */
const TEXT_MAX = 1_000_000;

const node = v.looseObject({
  id: word,
  name: word,
  hostname: word,
  address: word,
  zone: word,
  admin: v.boolean(),
  key: word,
  machineId: word,
  version: word,
  catalogue: words,
  allowedRoles: v.nullable(words),
  pendingUntil: v.nullable(word),
  joinedAt: word,
  roles: table(
    word,
    v.looseObject({
      stopped: v.nullable(v.looseObject({ by: word, at: word })),
      since: v.exactOptional(whole(0)),
    }),
    RECORDS_MAX,
  ),
  held: table(word, word, RECORDS_MAX),
  restarts: table(word, whole(0), RECORDS_MAX),
  purged: words,
  pinnedRouters: v.nullable(words),
  excludeSelf: v.boolean(),
});

const token = v.looseObject({
  id: word,
  secretHash: word,
  key: word,
  roles: v.nullable(words),
  admin: v.boolean(),
  usesLeft: whole(0),
  createdBy: word,
  createdAt: word,
  expiresAt: word,
  revokedAt: v.nullable(word),
});

const setting = v.union([text(TEXT_MAX), amount(-1e15, 1e15), v.boolean(), words]);

const roll = v.looseObject({
  key: word,
  asked: list(whole(0), RECORDS_MAX),
  from: setting,
  earlier: v.exactOptional(table(word, setting, RECORDS_MAX)),
  turns: v.pipe(
    table(word, whole(0), RECORDS_MAX),
    v.check((turns) => Object.keys(turns).length > 0, 'nobody has had a turn'),
  ),
  stopped: v.exactOptional(
    v.looseObject({
      at: word,
      code: errorCode,
      message: text(TEXT_MAX),
      why: v.exactOptional(text(TEXT_MAX)),
    }),
  ),
});

/**
 * What a document from a file or an import must have, since every decision relies on it. What a later
 * kato adds passes through.
 */
const DOCUMENT = v.looseObject({
  format: whole(1),
  id: word,
  endpoint: word,
  lineage: word,
  epoch: whole(0),
  revision: whole(0),
  previousHash: word,
  settings: table(word, table(word, setting, RECORDS_MAX), RECORDS_MAX),
  rolls: v.exactOptional(table(word, roll, RECORDS_MAX)),
  nodes: table(word, node, RECORDS_MAX),
  routes: table(
    text(TEXT_MAX),
    v.looseObject({
      host: word,
      path: word,
      backends: words,
      sticky: v.boolean(),
      probe: v.exactOptional(word),
    }),
    RECORDS_MAX,
  ),
  tokens: table(word, token, RECORDS_MAX),
  certificates: table(
    word,
    v.looseObject({
      domain: word,
      chain: text(TEXT_MAX),
      notAfter: word,
      notBefore: v.exactOptional(word),
      keyReplacedAt: v.exactOptional(word),
    }),
    RECORDS_MAX,
  ),
  announcers: table(word, v.looseObject({ name: word, key: word, hosts: words }), RECORDS_MAX),
  exportKey: v.exactOptional(word),
  former: table(
    word,
    v.looseObject({ id: word, name: word, key: word, removedAt: word, awaited: v.boolean() }),
    RECORDS_MAX,
  ),
  operations: list(
    v.looseObject({
      id: word,
      revision: whole(0),
      result: anything,
      touched: list(word, RECORDS_MAX),
    }),
    RECORDS_MAX,
  ),
});

/**
 * A document that was saved: VERSION for one that a newer kato wrote, BAD_FILE with the place of the
 * first thing that is wrong in any other.
 */
export function checkDocument(given: unknown): Cluster {
  const { format } = (given ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format !== CLUSTER_FORMAT) {
    throw refuse(
      'VERSION',
      `the saved state has format ${format}`,
      `this kato knows format ${CLUSTER_FORMAT}`,
      'use the version of kato that saved it, or a later one',
    );
  }
  const { fault } = shaped(DOCUMENT, given);
  if (fault === null) return given as Cluster;
  throw refuse('BAD_FILE', 'the saved state is not that of a cluster', fault);
}
