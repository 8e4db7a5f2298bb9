import * as v from 'valibot';
import { unopenable } from '../bus/store/seal.ts';
import type { StoredSecrets } from '../bus/store/store.ts';
import { refuse } from '../domain/base/error.ts';
import { hashOf, sha256 } from '../domain/base/hash.ts';
import { amount, anything, form, table, text, word } from '../domain/base/shapes.ts';
import { checkDocument } from '../domain/document/document-shape.ts';
import { keepExport } from '../domain/document/keep-export.ts';
import { keptExportOf } from '../domain/document/kept-export.ts';
import { importState, type SavedState } from '../domain/document/restore.ts';
import { keyNameOf } from '../domain/traffic/certificates.ts';
import { exportKeyFrom, sealState } from './export-file.ts';
import { newLineage } from './lineage.ts';
import { type Knowledge, NODE, preparedChange, read } from './operation.ts';
import { SECRETS, secretsOfState, WHEN_LOST } from './secrets.ts';

/** All state and all secrets: sealed by the asker before it touches a disk. */
export const stateExport = read('state.export', 'admin', v.strictObject({}), savedState);

/** From now on a node keeps an export. The passphrase itself stays with the asker. */
export const stateKeep = preparedChange(
  'state.keep',
  'admin',
  v.strictObject({
    node: NODE,
    intervalSeconds: v.nullable(amount(-1e12, 1e12)),
    key: form(/^[A-Za-z0-9+/]+={0,2}$/, 'base64'),
  }),
  async (_known, { key, ...params }) => {
    const id = sha256(key).slice(0, KEY_ID_LENGTH);
    return {
      decide: (now, asked) => keepExport(now, { ...params, key: id }, asked),
      secrets: { [SECRETS.exportKey(id)]: key },
      forget: ({ exportKey: before }) =>
        before === undefined || before === id ? [] : [SECRETS.exportKey(before)],
    };
  },
  ({ key: _key, ...params }) => params,
);

const KEY_ID_LENGTH = 16;

/** What the node that keeps an export fetches: it cannot open it. */
export const stateSealed = read(
  'state.sealed',
  'anyone',
  /** Hash of what the asker has, so that nothing is sent twice. */
  v.strictObject({ known: v.nullable(word) }),
  async (known, { known: have }, by) => {
    const { cluster, older } = known;
    const kept = keptExportOf(cluster);
    if (kept?.id !== by.id)
      throw refuse('NOT_ALLOWED', `node ${by.name} is not the one that keeps the export`);
    if (older !== null)
      throw refuse('STATE_OLDER', 'the bus has an older state than nodes have seen');
    const state = await savedState(known);
    const hash = hashOf({ key: kept.key, state });
    if (hash === have) return { same: true };
    const key = exportKeyFrom(state.secrets[SECRETS.exportKey(kept.key)]!);
    return { same: false, hash, sealed: sealState(state, key) };
  },
);

async function savedState({ cluster, secretsBelow }: Knowledge): Promise<SavedState> {
  const secrets = allOpened(await secretsBelow(''));
  if (secrets[SECRETS.controller] === undefined) {
    throw refuse(
      'STATE_OLDER',
      'the bus has lost the secrets of the cluster',
      'an export without them would recover nothing',
      WHEN_LOST,
    );
  }
  // Those that go with their document: it may have changed since it was read.
  const named = [
    ...Object.values(cluster.certificates).map(keyNameOf),
    ...(cluster.exportKey === undefined ? [] : [SECRETS.exportKey(cluster.exportKey)]),
  ];
  const missing = named.filter((name) => secrets[name] === undefined);
  if (missing.length === 0) return { cluster, secrets };
  throw refuse(
    'CONFLICT',
    'state and secrets do not match',
    `the cluster was changed while they were read, or the bus has lost ${missing.join(', ')}`,
    'run the command again',
  );
}

/** An export that lacks a secret would take the place of one that has it. */
function allOpened(stored: StoredSecrets): Record<string, string> {
  for (const [name, value] of Object.entries(stored)) if (value === null) throw unopenable(name);
  return stored as Record<string, string>;
}

/** A certificate's key has the name of its domain in it, and is as long as kato reads of a file. */
const SECRET_NAME_MAX = 1024;
const SECRET_MAX = 1_000_000;
const SECRETS_MAX = 100_000;

export const stateImport = preparedChange(
  'state.import',
  'admin',
  v.strictObject({
    cluster: anything,
    secrets: table(text(SECRET_NAME_MAX), text(SECRET_MAX), SECRETS_MAX),
    force: v.boolean(),
  }),
  async (_known, { cluster, secrets, force }) => {
    const lineage = newLineage();
    const saved = checkDocument(cluster);
    return {
      decide: (before, asked) => importState(before, { saved, lineage, force }, asked),
      // What there is now is what nodes and their data have: only what is missing comes back.
      newSecrets: (after) => secretsOfState(after, secrets),
    };
  },
  ({ cluster }) => ({ revision: revisionOf(cluster) }),
);

/** For the history, which also shows imports that were refused. */
function revisionOf(cluster: unknown): number | null {
  const { revision } = (cluster ?? {}) as { revision?: unknown };
  return typeof revision === 'number' ? revision : null;
}
