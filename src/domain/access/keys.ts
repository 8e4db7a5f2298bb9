import { refuse } from '../base/error.ts';
import type { Cluster } from '../document/cluster.ts';
import type { ControllerKeys } from '../views/view.ts';

/**
 * A key belongs to one identity: the bus tells askers apart by it, and accepts no list of users
 * with one key twice. CONFLICT for one that is in use, whatever for. `joiner` may be the node that
 * has it.
 */
export function checkKeyIsFree(
  cluster: Cluster,
  key: string,
  { controllerKeys, joiner = false }: { controllerKeys: ControllerKeys; joiner?: boolean },
): void {
  const owner = ownerOf(cluster, key, controllerKeys);
  if (owner === null || (joiner && owner.kind === 'node')) return;
  throw refuse(
    'CONFLICT',
    `this key belongs to ${owner.what}`,
    'each identity on the bus has a key of its own',
    'run the command again: kato then makes a new one',
  );
}

/** Whose a key is, and how it is called there. */
export function ownerOf(cluster: Cluster, key: string, keys: ControllerKeys) {
  if (key === keys.controller || key === keys.warden) {
    return { kind: 'controller', id: '', what: 'the controllers' };
  }
  const has = (one: { key: string }): boolean => one.key === key;
  const node = Object.values(cluster.nodes).find(has);
  if (node !== undefined) return { kind: 'node', id: node.id, what: `node ${node.name}` };
  const former = Object.values(cluster.former).find(has);
  if (former !== undefined)
    return { kind: 'former', id: former.id, what: `the removed node ${former.name}` };
  const token = Object.values(cluster.tokens).find(has);
  if (token !== undefined) return { kind: 'join', id: token.id, what: `the token ${token.id}` };
  const announcer = Object.values(cluster.announcers).find(has);
  if (announcer === undefined) return null;
  return { kind: 'announcer', id: announcer.name, what: `the announcer ${announcer.name}` };
}
