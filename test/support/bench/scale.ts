import { join } from 'node:path';
import { type SocketRequest, serveSockets } from '../../../src/agent/doors/sockets.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { gather, KATO } from './crowd.ts';
import { atMost, type Part, row } from './row.ts';
import { median, spread, timeHere } from './samples.ts';
import { usageOf } from './usage.ts';

const STATUS_RUNS = 7;
const REST_SECONDS = 20;

/** What a large cluster costs while nothing is changed. */
export const scale: Part = async (tell) => {
  tell('scale: a crowd of agents');
  const crowd = await gather();
  const { nats, controller, link, size } = crowd;
  try {
    tell(`scale: all are up; ${REST_SECONDS} s of rest`);
    const [bus, ctl] = await usageOf([nats.pid(), controller.pid], REST_SECONDS);
    const paths = pathsOf(join(crowd.folder, 'root'));
    const sockets = await serveSockets(paths, (request: SocketRequest) =>
      link.ask(request.operation, { id: '', params: request.params }, request.timeoutMs),
    );
    const times = await timeHere(
      { runs: STATUS_RUNS, commands: [{ argv: [KATO, 'status', '--all'] }] },
      { ...process.env, KATO_ROOT: paths.root },
    );
    sockets.close();

    tell('scale: the bus is killed');
    const killed = performance.now();
    await nats.end('SIGKILL');
    await nats.start();
    await crowd.allAlive();
    const backMs = performance.now() - killed;

    const parts = (what: 'cpuPercent' | 'megabytes'): string =>
      `bus ${bus![what].toFixed(1)}, controller ${ctl![what].toFixed(1)}`;
    return [
      row(
        `all ${size} up after their start`,
        crowd.upMs / 1000,
        ' s',
        null,
        'agents share the CPUs with the bus',
        1,
      ),
      row('`kato status --all`', median(times[0]!), ' ms', atMost(400, ' ms'), spread(times[0]!)),
      row(
        'bus and controller at rest: CPU',
        bus!.cpuPercent + ctl!.cpuPercent,
        ' %',
        atMost(15, ' %'),
        parts('cpuPercent'),
        1,
      ),
      row(
        'bus and controller at rest: memory',
        bus!.megabytes + ctl!.megabytes,
        ' MB',
        atMost(250, ' MB'),
        parts('megabytes'),
      ),
      row(
        'bus killed, until all are back',
        backMs / 1000,
        ' s',
        atMost(5, ' s'),
        'its start included',
        1,
      ),
    ];
  } finally {
    await crowd.end();
  }
};
