import { readFileSync } from 'node:fs';
import { connectBus } from '../../../src/bus/connection.ts';
import { controllerKeysOf } from '../../../src/bus/identity.ts';
import { all, CONTROLLER } from '../../../src/bus/subjects.ts';
import type { ControllerConfig } from '../../../src/controller/doors/doors.ts';

/** `record.ts CONTROLLER.JSON`: prints what all nodes and joiners say on the bus, a line each, until SIGTERM. */
const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ControllerConfig;
const { seed, bus: at, ca, clusterId } = config;
const key = controllerKeysOf(seed).controller;
const identity = { who: CONTROLLER, key, seed };
const bus = await connectBus({ ...at, ca, clusterId, identity, name: 'record' });
for (const subject of [all.ops, all.joins, all.heartbeats]) {
  bus.subscribe(subject, (message) => {
    process.stdout.write(`${JSON.stringify({ subject: message.subject, body: message.body })}\n`);
  });
}
await bus.rtt();
process.stdout.write('ready\n');
process.once('SIGTERM', () => process.exit());
