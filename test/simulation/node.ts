import { startTold, type Told } from '../../src/agent/told.ts';
import { ask, heartbeat, op, VERSIONS, wake } from '../../src/bus/subjects.ts';
import type { Json } from '../../src/domain/document/cluster.ts';
import type { ProcessState } from '../../src/domain/making/spec.ts';
import { processNames } from '../../src/domain/roles/roles.ts';
import type { Made, ProvenVersion } from '../../src/domain/views/view.ts';
import type { Delivery } from '../../src/machine/node/ledger.ts';
import { catalogue } from '../support/clusters.ts';
import { reportOf } from '../support/reports.ts';
import { type Connection, connectTo } from './connection.ts';
import { KATO, START_MS } from './controller.ts';
import { createMember, type Member } from './member.ts';
import type { Server } from './server.ts';
import type { Chance, Time } from './time.ts';

const VIEW_MS = 5000;
const REPORT_MS = 5000;
const RETRY_MS = 1000;
const HEARTBEAT_MS = 2000;

export interface SimulatedNode {
  readonly id: string;
  readonly member: Member;
  readonly told: Told;
  /** How often it asked for its view, in all its lives. */
  readonly asked: number;
}

type ViewAnswer =
  | { needs: 'announced' }
  | { same: true; version: ProvenVersion; made: Made; announcedProof?: string }
  | (Delivery & { same: false; hash: string; made: Made });

/** An agent: it beats, hears that there is something new, fetches its view, and reports. */
export function createNode(
  id: string,
  { server, time, chance }: { server: Server; time: Time; chance: Chance },
): SimulatedNode {
  let told = startTold({ delivery: null, seen: null }, async () => undefined);
  let connection: Connection;
  let asked = 0;
  const member = createMember({
    ...{ name: id, time, chance },
    busIsUp: () => server.up,
    onConnect: (again) => {
      if (again) connection.resubscribe();
      else begin();
      beat();
    },
  });
  server.members.push(member);
  return {
    id,
    member,
    get told() {
      return told;
    },
    get asked() {
      return asked;
    },
  };

  /** The ledger is on its disk. What it had only heard of may be lost with the power. */
  function begin(): void {
    const { delivery } = told;
    void told.end();
    told = startTold({ delivery, seen: null }, async () => undefined);
    connection = connectTo(server, member, id);
    const fetch = fetcher(told);
    connection.subscribe(wake(id), fetch);
    connection.subscribe(ask(VERSIONS), ({ body }) =>
      told.hear((body as unknown as { version: ProvenVersion }).version),
    );
    beatOn();
    fetch();
  }

  function beatOn(): void {
    member.later(told.delivery?.view.heartbeatMs ?? HEARTBEAT_MS, () => {
      beat();
      beatOn();
    });
  }

  function beat(): void {
    const { seen, have } = told;
    const body = { version: seen, leaving: false, instance: id, ...(have ? { have } : {}) };
    connection.publish(heartbeat(id), body as unknown as Json);
  }

  /** One at a time; who is woken meanwhile asks once more. */
  function fetcher(own: Told): () => void {
    let isDue = false;
    let fetching = false;
    const all = async (): Promise<void> => {
      fetching = true;
      while (isDue) {
        isDue = false;
        await fetchOnce(own).catch(() => {
          member.later(RETRY_MS, fetch);
        });
      }
      fetching = false;
    };
    const fetch = (): void => {
      isDue = true;
      if (!fetching) void all();
    };
    return fetch;
  }

  async function fetchOnce(own: Told): Promise<void> {
    asked++;
    const { delivery, seen } = own;
    const params = { known: delivery?.hash ?? null, ...(seen && delivery ? { seen } : {}) };
    let answer = await askFor(params);
    if ('needs' in answer) {
      const { announced = [], announcedProof } = delivery?.view ?? {};
      const proven = announcedProof === undefined ? {} : { announcedProof };
      answer = await askFor({ ...params, announced, ...proven });
    }
    if ('needs' in answer) throw new Error('it knows no more');
    if (answer.same) {
      own.judge({ ...answer, delivery: null });
    } else {
      const { same: _same, ...fresh } = answer;
      if (own.judge({ delivery: fresh, made: fresh.made }) === 'news') own.hold(fresh);
    }
    await report(own);
  }

  async function askFor(params: object): Promise<ViewAnswer> {
    const body = { id: '', params } as unknown as Json;
    return (await connection.request(op(id, 'view'), body, {
      timeoutMs: VIEW_MS,
    })) as unknown as ViewAnswer;
  }

  async function report({ delivery, have }: Told): Promise<void> {
    const { version, node } = delivery!.view;
    const states = Object.entries(node.roles).flatMap(([role, { stopped }]) =>
      processNames(catalogue, role).map((name): [string, ProcessState] => {
        return [name, stopped === null ? 'RUNNING' : 'STOPPED'];
      }),
    );
    const body = reportOf(id, Object.fromEntries(states), {
      ...{ version, kato: KATO, catalogue: node.catalogue },
      ...(have === undefined ? {} : { content: have.content, verdicts: have.made.verdicts }),
      bootId: id,
      at: new Date(START_MS + time.nowMs).toISOString(),
      roles: Object.fromEntries(Object.keys(node.roles).map((role) => [role, []])),
    });
    await connection.request(op(id, 'report'), body as unknown as Json, { timeoutMs: REPORT_MS });
  }
}
