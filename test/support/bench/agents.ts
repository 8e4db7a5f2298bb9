import { readFileSync } from 'node:fs';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';
import { type Counts, NOTHING, simulate } from './simulated-agent.ts';

/** `agents.ts FILE`, forked: agents with the identities in the file; answers `counts` with what they did. */
const identities = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as NodeIdentity[];
const counts: Record<string, Counts> = {};
for (const identity of identities) {
  counts[identity.nodeId] = { ...NOTHING };
  simulate(identity, counts[identity.nodeId]!, () => {});
}
process.on('disconnect', () => process.exit());
process.on('message', () => process.send!(counts));
