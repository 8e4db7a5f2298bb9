import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import type { StoredSecrets } from '../../../src/bus/store/store.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { definitionOf } from '../../../src/domain/roles/roles.ts';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { versionOf, viewFor } from '../../../src/domain/views/view-for.ts';
import { type Draft, firstDelivery } from '../../../src/operations/local/new-cluster.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { SECRETS, secretsFor, secretsOf, withLostKeys } from '../../../src/operations/secrets.ts';
import { stateExport } from '../../../src/operations/state.ts';
import { catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { hint } from '../../support/said/hint.ts';

const roles = ['base', 'primary', 'controller', 'router', 'redis', 'postgresql'];
const cluster = withNode(clusterWith({ data: ['redis'] }), 'core', {
  roles: Object.fromEntries(roles.map((role) => [role, { stopped: null }])),
});
const passwordOf = (id: string, role: string): string =>
  SECRETS.ofRole(id, definitionOf(catalogue, role), 'password');
const stored: Record<string, string> = {
  [SECRETS.busCertificate]: 'certificate',
  [SECRETS.busKey]: 'key',
  [SECRETS.busAuthority]: 'ca',
  [SECRETS.controller]: 'seed',
  [SECRETS.authorityKey]: 'authority',
  [SECRETS.fallbackCertificate]: 'fallback',
  [passwordOf('core', 'redis')]: 'of the core',
  [passwordOf('core', 'postgresql')]: 'of postgresql',
  [passwordOf('data', 'redis')]: 'of data',
};

const viewOf = (node: string, of = cluster) =>
  viewFor(
    {
      cluster: of,
      version: { ...versionOf(of, 'h'), proof: '' },
      controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
      catalogue,
      verdicts: NO_VERDICTS,
      announced: [],
      at: NOW,
    },
    node,
  );
const without = (name: string) =>
  Object.fromEntries(Object.entries(stored).filter(([key]) => key !== name));

describe('an export', () => {
  it('that a change came between is told to be asked for again', async () => {
    const changing = { ...cluster, exportKey: 'k1' };
    const kept = { ...stored, [SECRETS.exportKey('k1')]: 'of the passphrase' };
    const reads = [stored, kept];
    const known = { cluster: changing, secretsBelow: async () => reads.shift() };
    const exported = () => stateExport.run(known as unknown as Knowledge, {}, cluster.nodes.core!);
    const refusal = (await exported().catch((error: unknown) => error)) as KatoError;
    assert.equal(refusal.message, 'state and secrets do not match');
    hint(refusal.next, 'operations/state.ts: run the command again');
    assert.deepEqual(await exported(), { cluster: changing, secrets: kept });
  });

  it('is not made without a secret that cannot be opened: it would replace one that has it', async () => {
    const closed: StoredSecrets = { ...stored, 'certificate/shop.example.com/1': null };
    const known = { cluster, secretsBelow: async () => closed } as unknown as Knowledge;
    await assert.rejects(stateExport.run(known, {}, cluster.nodes.core!), {
      code: 'FAILED',
      message: 'the secret certificate/shop.example.com/1 on the bus cannot be opened',
    });
  });
});

describe('the secrets of a view', () => {
  it('are its own by short names, and on the core all the others, too', () => {
    const { secrets, missing } = secretsOf(viewOf('core'), catalogue, stored);
    assert.deepEqual(missing, []);
    assert.deepEqual(secrets, {
      ...stored,
      'redis/password': 'of the core',
      'postgresql/password': 'of postgresql',
    });
    assert.deepEqual(secretsOf(viewOf('data'), catalogue, stored).secrets, {
      'redis/password': 'of data',
    });
  });

  it('are the same from a controller and from a setup, which is before any controller', async () => {
    const below = async (prefix: string) =>
      Object.fromEntries(Object.entries(stored).filter(([name]) => name.startsWith(prefix)));
    const known = { catalogue, secretsBelow: below } as unknown as Knowledge;
    const controller = createIdentity();
    const identity = { nodeId: 'core' };
    const draft = { cluster, secrets: stored, controller, identity } as unknown as Draft;
    assert.deepEqual(
      firstDelivery(draft, catalogue).secrets,
      await secretsFor(known, viewOf('core')),
    );
  });

  it('that are needed and not there are named, to whom it concerns', async () => {
    const lost = without(passwordOf('core', 'redis'));
    const identity = { nodeId: 'core' };
    const controller = createIdentity();
    const draft = { cluster, secrets: lost, controller, identity } as unknown as Draft;
    assert.throws(() => firstDelivery(draft, catalogue), {
      code: 'BAD_FILE',
      why: 'there is nothing below redis/password',
    });
    const known = { catalogue, secretsBelow: async () => lost } as unknown as Knowledge;
    await assert.rejects(secretsFor(known, viewOf('core')), { code: 'STATE_OLDER' });
  });
});

describe('a certificate whose key the bus has lost, or cannot open', () => {
  const shop = { domain: 'shop.example.com', chain: 'of the shop', notAfter: NOW };
  const key = keyNameOf(shop);
  const view = viewOf('core', { ...cluster, certificates: { [shop.domain]: shop } });
  const from = (stored: StoredSecrets) =>
    secretsFor({ catalogue, secretsBelow: async () => stored } as unknown as Knowledge, view);

  it('holds up nothing else', async () => {
    const others = await from(stored);
    assert.equal(others[SECRETS.busKey], 'key');
    assert.deepEqual(await from({ ...stored, [key]: null }), others);
    assert.deepEqual(await from({ ...stored, [key]: 'of the key' }), {
      ...others,
      [key]: 'of the key',
    });
  });

  it('is not what another secret is that cannot be opened', async () => {
    const password = passwordOf('data', 'redis');
    await assert.rejects(from({ ...stored, [password]: null }), {
      code: 'FAILED',
      message: `the secret ${password} on the bus cannot be opened`,
    });
  });

  it('stays on a node that has the key, for as long as the cluster has the certificate', async () => {
    const secrets = await from(without(SECRETS.fallbackCertificate));
    const had = { ...stored, [key]: 'of the key', 'certificate/old.example.com/1': 'old' };
    const kept = withLostKeys({ hash: 'h', view, secrets }, had, catalogue);
    assert.deepEqual(kept.lost, [SECRETS.fallbackCertificate, key]);
    assert.deepEqual(kept.secrets, {
      ...secrets,
      [SECRETS.fallbackCertificate]: 'fallback',
      [key]: 'of the key',
    });
    const fresh = withLostKeys({ hash: 'h', view, secrets }, {}, catalogue);
    assert.deepEqual([fresh.lost, fresh.secrets], [kept.lost, secrets]);
  });

  it('is nothing to a node that is given all, or none', () => {
    const given = { hash: 'h', view, secrets: { ...stored, [key]: 'of the key' } };
    assert.equal(withLostKeys(given, {}, catalogue), given);
    const data = { hash: 'h', view: viewOf('data'), secrets: {} };
    assert.equal(withLostKeys(data, stored, catalogue), data);
  });
});
