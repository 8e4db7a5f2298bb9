import type { Cluster, Node } from '../../../src/domain/document/cluster.ts';
import { checkRight, type Read } from '../../../src/operations/operation.ts';
import { SECRETS } from '../../../src/operations/secrets.ts';
import { OPERATION_PARAMS } from '../operation-params.ts';
import { distinct, meantBy, mineIn, type Operations, refusedOr } from './tries.ts';
import { ADMIN_HASH, CORE, DATA, knowing, MINE, secretCalled, secretNames } from './world.ts';

/** What its nodes read that they were not given: secrets of others, and the state as a whole. */
export async function seenOf(cluster: Cluster, operations: Operations): Promise<string[]> {
  const all = await Promise.all(
    mineIn(cluster).map(async (node) => {
      const text = JSON.stringify(await answersTo(node, cluster, operations));
      const seen = secretNames(cluster).filter((name) => text.includes(`"${secretCalled(name)}"`));
      const whole = [ADMIN_HASH, '"sealed":'].filter((one) => text.includes(one));
      return [...seen.filter((name) => !isGranted(node, name)), ...whole];
    }),
  );
  return all.flat();
}

/** Its own passwords, and the keys of certificates where it serves them. */
function isGranted({ roles }: Node, secret: string): boolean {
  const own = MINE.some((id) => secret.startsWith(SECRETS.ofNode(id)));
  return own || (secret.startsWith('certificate/') && ('router' in roles || BALANCER in roles));
}

const BALANCER = 'load_balancer';

/** All answers that it gets. */
async function answersTo(by: Node, cluster: Cluster, operations: Operations): Promise<unknown[]> {
  const known = knowing(cluster);
  const answers: unknown[] = [];
  for (const [operation, params] of questions(cluster, operations)) {
    const answer = await refusedOr(null, async () => {
      const meant = meantBy(operation, params, cluster);
      checkRight(operation, meant, by);
      return operation.run(known, meant, by);
    });
    answers.push(answer);
  }
  return answers;
}

/** Everything that is read, about each node, and of roles and views all that can be said. */
function questions(cluster: Cluster, operations: Operations): [Read, unknown][] {
  const reads = [...operations.values()].filter(
    (operation): operation is Read => operation.kind === 'read',
  );
  return reads.flatMap((operation) =>
    paramsOf(operation.name, cluster).map((params): [Read, unknown] => [operation, params]),
  );
}

function paramsOf(name: string, cluster: Cluster): unknown[] {
  const nodes = [...MINE, CORE, DATA];
  if (name === 'secret.show') {
    return nodes.flatMap((node) =>
      Object.keys(cluster.nodes[node]?.roles ?? {}).map((role) => ({ node, role })),
    );
  }
  if (name === 'view') {
    return [[], [ANNOUNCED]].map((announced) => ({ known: null, announced, announcedProof: 'p' }));
  }
  return distinct(nodes.map((node) => OPERATION_PARAMS[name]!(node)));
}

const ANNOUNCED = {
  ...{ announcer: 'shop', host: 'shop.example.com', path: '/' },
  ...{ backend: '10.0.0.9:80', sticky: false },
};
