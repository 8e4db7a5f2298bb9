import { readFileSync } from 'node:fs';
import type { NodeIdentity } from '../../../src/machine/ledger.ts';
import { simulate } from './simulated-agent.ts';

/** `agents.ts FILE`: agents with the identities in the file; says `ready` when all have a view. */
const identities = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as NodeIdentity[];
const ready = new Set<string>();
for (const identity of identities) {
  simulate(identity, () => {
    ready.add(identity.nodeId);
    if (ready.size === identities.length) process.stdout.write('ready\n');
  });
}
