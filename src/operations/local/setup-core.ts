import { rm } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { refuse } from '../../domain/base/error.ts';
import { hashOf } from '../../domain/base/hash.ts';
import { checkHostname } from '../../domain/base/names.ts';
import type { SavedState } from '../../domain/document/restore.ts';
import { isCore } from '../../domain/nodes/core.ts';
import { copyAside } from '../../machine/disk/aside.ts';
import { makeFolder } from '../../machine/disk/files.ts';
import { checkGround, checkScratch } from '../../machine/disk/ground.ts';
import { takeKept, writeKept } from '../../machine/disk/kept-json.ts';
import { hostFacts } from '../../machine/node/host.ts';
import {
  readIdentity,
  readLedger,
  takeLedger,
  writeIdentity,
  writeLedger,
} from '../../machine/node/ledger.ts';
import { putBusDataAside, renewBusData } from './bus-data.ts';
import {
  checkRoot,
  chooseAddress,
  type Host,
  installFor,
  refuseTakenPorts,
  startAgent,
} from './host.ts';
import { CORE_ROLES, type Draft, firstDelivery, newCluster } from './new-cluster.ts';
import { defaultEndpoint, machineNameOf, nodeNameOf } from './own-names.ts';
import type { Phase } from './phases.ts';
import { putOnBus, serveAgain } from './put-on-bus.ts';
import { recoveredDraft } from './recover.ts';
import { whereabouts } from './whereabouts.ts';

export interface SetupCore {
  host: Host;
  /** Without one: `api.` and the machine's full name. */
  endpoint: string | undefined;
  address: string | undefined;
  /** Goes on with this state instead of beginning a new one. */
  saved: SavedState | undefined;
  /** Filled in by the phases. */
  draft?: Draft;
  notes: string[];
  /** The machine was this cluster's core before the command ran. */
  already: boolean;
}

/** Makes this machine the core of a new cluster. The draft on disk carries an interrupted run on. */
export const SETUP_CORE_PHASES: readonly Phase<SetupCore>[] = [
  { name: 'check', title: 'Check this machine', run: check },
  { name: 'packages', title: 'Install what the core needs', run: packages },
  { name: 'identity', title: 'Make keys and certificates', run: identity },
  { name: 'ledger', title: "Write the node's ledger", run: ledger },
  { name: 'agent', title: 'Start the agent', run: agent },
  { name: 'state', title: 'Put the state of the cluster on the bus', run: state },
];

async function check(setup: SetupCore): Promise<void> {
  const { host } = setup;
  checkRoot('kato node setup core');
  if (setup.endpoint !== undefined) setup.endpoint = checkEndpoint(setup.endpoint);
  const draft = await readDraft(setup);
  if (draft !== null && isMeant(draft, setup.saved)) {
    setup.draft = draft;
    return checkGround(host.paths);
  }
  const existing = await readIdentity(host.paths);
  if (existing !== null && setup.saved !== undefined) {
    await checkIsHere(existing.address);
    setup.address = existing.address;
    return checkGround(host.paths);
  }
  if (existing !== null) return checkSame(setup);
  await checkGround(host.paths);
  await checkScratch();
  if (setup.saved === undefined) await checkNames(setup);
  const { address, notes } = await chooseAddress(setup.address);
  setup.address = address;
  setup.notes.push(...notes);
  await refuseTakenPorts(host, address, CORE_ROLES);
}

/** The names of the cluster and its first node, before anything is made for them. */
async function checkNames(setup: SetupCore): Promise<void> {
  const facts = await hostFacts();
  machineNameOf(facts);
  nodeNameOf(facts.hostname, null);
  setup.endpoint ??= defaultEndpoint(facts);
}

/** A core comes back where it was: nodes look for it there. */
async function checkIsHere(address: string): Promise<void> {
  const { addresses } = await whereabouts();
  if (address.startsWith('127.') || addresses.includes(address)) return;
  throw refuse(
    'BAD_ADDRESS',
    `this machine does not have the address ${address} of the core`,
    `it has ${addresses.join(', ') || 'none'}, and the nodes look for the core at its address`,
    `give it ${address} again`,
  );
}

/** A draft of a new cluster, or from another file, is not the state to recover now. */
function isMeant({ cluster }: Draft, saved: SavedState | undefined): boolean {
  return saved === undefined || cluster.previousHash === hashOf(saved.cluster);
}

/** A name, which DNS may lead elsewhere one day; an address is what --address is for. */
function checkEndpoint(text: string): string {
  if (!isIPv4(text)) return checkHostname(text, 'endpoint');
  throw refuse(
    'BAD_NAME',
    `endpoint '${text}' is an address, not a host name`,
    'the endpoint is the name that clients call, such as api.example.com',
    `kato node setup core --address ${text} NAME`,
  );
}

/** Set up before: the same endpoint or none is "already so", another one a conflict. */
async function checkSame(setup: SetupCore): Promise<void> {
  const known = await readLedger(setup.host.paths);
  const view = known?.view;
  const isOwn = view !== undefined && isCore(view.node, setup.host.catalogue);
  if (isOwn && (setup.address ?? view.node.address) !== view.node.address) {
    throw refuse(
      'CONFLICT',
      'this machine is already the core of a cluster',
      `its address is ${view.node.address}, and a core keeps its address`,
      'kato status shows the cluster',
    );
  }
  if (isOwn && (setup.endpoint ?? view.cluster.endpoint) === view.cluster.endpoint) {
    setup.already = true;
    setup.endpoint = view.cluster.endpoint;
    setup.address = view.node.address;
    return;
  }
  throw refuse(
    'CONFLICT',
    'this machine is already a node of a cluster',
    isOwn
      ? `it is the core of ${view.cluster.endpoint}`
      : `it is attached to the core ${view?.cluster.core ?? ''}`,
    isOwn
      ? 'kato node remove takes the other nodes out; then kato node detach --yes ends that cluster'
      : 'kato node detach takes it out of that cluster',
  );
}

async function packages({ host, already }: SetupCore): Promise<void> {
  if (!already) await installFor(host, CORE_ROLES);
}

async function identity(setup: SetupCore): Promise<void> {
  if (setup.already || setup.draft !== undefined) return;
  const { host } = setup;
  if ((await readIdentity(host.paths)) === null) {
    for (const place of await putBusDataAside(host)) {
      setup.notes.push(`what an earlier core left on this machine is in ${place}`);
    }
  }
  setup.draft = setup.saved === undefined ? await freshDraft(setup) : await savedDraft(setup);
  await makeFolder(host.paths.state, 0o700);
  await writeKept(draftFile(host), setup.draft);
}

async function freshDraft({ host, endpoint, address }: SetupCore): Promise<Draft> {
  const facts = await hostFacts();
  return newCluster({
    endpoint: endpoint!,
    address: address!,
    facts,
    catalogue: host.catalogue,
    kato: host.kato.version,
  });
}

async function savedDraft({ host, saved, address, notes }: SetupCore): Promise<Draft> {
  const { delivery: known } = await takeLedger(host.paths);
  const identity = await readIdentity(host.paths);
  const facts = await hostFacts();
  const view = known?.view ?? null;
  const given = { saved: saved!, host, facts, address: address!, identity, known: view };
  const draft = recoveredDraft(given);
  if (identity !== null) {
    const only = ['state/ledger.json', 'state/secrets.json'];
    const copy = await copyAside(host.paths, { node: `${identity.name}-before-recovery`, only });
    notes.push(`what this machine knew before is in ${copy}`);
  }
  return draft;
}

async function ledger({ host, draft }: SetupCore): Promise<void> {
  if (draft === undefined) return;
  if (draft.cluster.epoch > 1) await renewBusData(host);
  const isNode = (await readIdentity(host.paths)) !== null;
  // Without an identity it is of a run that was interrupted, perhaps with another draft.
  if (!isNode || (await takeLedger(host.paths)).delivery === null) {
    const delivery = firstDelivery(draft, host.catalogue);
    await writeLedger(host.paths, delivery);
  }
  await writeIdentity(host.paths, draft.identity);
}

async function agent(setup: SetupCore): Promise<void> {
  setup.notes.push(...(setup.draft?.notes ?? []));
  setup.notes.push(await startAgent(setup.host));
}

async function state({ host, draft }: SetupCore): Promise<void> {
  if (draft === undefined) return;
  const cluster = await putOnBus(host, draft);
  if (cluster.epoch > 1) await serveAgain(host, { ...draft, cluster });
  await rm(draftFile(host), { force: true });
}

/** A damaged one goes aside. Where the machine is a core by then, its ledger has what the draft had. */
async function readDraft({ host, notes, saved }: SetupCore): Promise<Draft | null> {
  const { value, aside } = await takeKept<Draft>(draftFile(host));
  if (aside === null) return value;
  if (saved === undefined && (await readIdentity(host.paths)) !== null) {
    throw refuse(
      'BAD_FILE',
      'the previous setup left a damaged draft',
      `it is in ${aside}, and the bus may have no cluster yet`,
      `if kato status shows no cluster now, kato node setup core --recover-from ${host.paths.ledger} goes on`,
    );
  }
  notes.push(`the previous setup left a damaged draft: it is in ${aside}`);
  return null;
}

function draftFile({ paths }: Host): string {
  return `${paths.state}/setup.json`;
}
