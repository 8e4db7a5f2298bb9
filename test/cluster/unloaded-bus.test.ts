import assert from 'node:assert/strict';
import { asJson, coreOn, isSettled, refused, statusWhen, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

const DATA = '/var/lib/kato/data/nats-server';
const STREAM = `${DATA}/jetstream/KATO/streams/KV_cluster`;
const SERVICE = '/var/lib/kato/service/nats-server';
const LEDGER = '/var/lib/kato/state/ledger.json';

/** What a full disk did to the bus of 0.1.0, and what a damaged file does still. */
describe('a bus that comes up without the state that is on its disk', () => {
  const lab = useLab({ hosts: 1 });
  let core: Host;
  let follows: string;
  let lost: string;

  before(async () => {
    [core] = lab.hosts as [Host];
    await coreOn(core);
    await core.kato('route', 'add', 'shop.example.com', '10.9.9.1:80');
    await typed(
      core,
      `s6-svc -wD -T 10000 -d ${SERVICE} &&
       cp ${STREAM}/meta.sum /root/ && echo 0000 >${STREAM}/meta.sum && s6-svc -u ${SERVICE}`,
    );
  });

  it('is told, with its disk first: no word of a recovery, which would put another in its place', async () => {
    const { warnings } = await statusWhen(core, 'it is noticed', (status) =>
      status.warnings.some(({ code }) => code === 'STATE_OLDER'),
    );
    const { message } = warnings.find(({ code }) => code === 'STATE_OLDER')!;
    assert.match(message, /has loaded no state.*df -h/);
    assert.doesNotMatch(message, /recover/);
    const error = await refused(core, 'kato route add late.example.com 10.9.9.1:80');
    assert.equal(error.code, 'STATE_OLDER');
    const { commands } = hint(
      error.next,
      'domain/document/older-state.ts: on the core: df -h /var/lib/kato/data; once there is room, kato node halt and kato node boot load it again',
    );
    follows = commands.join(' && ');
  });

  it('is told in the log of a controller that starts then', async () => {
    await typed(core, 's6-svc -r /var/lib/kato/service/controller');
    const lines = async () =>
      (await core.read('/var/log/kato/controller/current')).match(/the bus has loaded no .*/g);
    const line = await until(lines, { what: 'it is there', seconds: 20 });
    hint(
      line.at(-1),
      'controller/controller.ts: the bus has loaded no state of a cluster: on the core, df -h shows its disk',
    );
    assert.match(await typed(core, 'df -h'), / \/$/m);
  });

  it('is not given another one by a recovery', async () => {
    const before = await typed(core, `find ${STREAM}/msgs -type f | xargs cksum`);
    const error = await refused(core, `kato node setup core --recover-from ${LEDGER}`);
    assert.equal(error.code, 'CONFLICT');
    assert.match(error.message, /has not loaded: KV_cluster$/);
    const { text } = hint(
      error.next,
      'operations/local/bus-data.ts: df -h ${folder}; once there is room, kato node halt and kato node boot load it again. If it is beyond repair: kato node halt; mv ${folder} ${folder}.damaged; then this command again',
    );
    lost = text.replace(/.*repair: (.*); then.*/, '$1');
    assert.equal(await typed(core, `find ${STREAM}/msgs -type f | xargs cksum`), before);
  });

  it('has it again by what the hint says', async () => {
    await typed(core, `cp /root/meta.sum ${STREAM}/meta.sum && ${follows}`);
    await statusWhen(
      core,
      'all is well',
      (now) => isSettled(now) && now.warnings.every(({ code }) => code === 'BACKEND_AWAY'),
    );
    const routes = await asJson<{ route: string }[]>(core, 'kato route list');
    assert.deepEqual(
      routes.map(({ route }) => route),
      ['shop.example.com'],
    );
    await core.kato('route', 'add', 'late.example.com', '10.9.9.1:80');
  });

  it('is recovered where the data was moved away, as the refusal says', async () => {
    await typed(core, `set -e; ${lost}; kato node setup core --recover-from ${LEDGER}`);
    await statusWhen(core, 'all is well', (now) => isSettled(now));
    const routes = await asJson<{ route: string }[]>(core, 'kato route list');
    assert.equal(routes.length, 2);
  });
});
