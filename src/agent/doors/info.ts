import { toErrorRecord } from '../../domain/base/error.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { NodeIdentity } from '../../machine/node/ledger.ts';
import type { ClusterLink } from '../cluster-link.ts';
import type { PassContext } from '../look.ts';
import type { Told } from '../told.ts';

/** What the agent says about itself: `agent.info`. */
export function agentInfo(
  { kato }: PassContext,
  identity: NodeIdentity,
  { delivery, seen }: Pick<Told, 'delivery' | 'seen'>,
  link: Pick<ClusterLink, 'connected' | 'reason'>,
): Json {
  const { nodeId, name, clusterId, core, ca, address } = identity;
  return {
    node: { id: nodeId, name: delivery?.view.node.name ?? name, address },
    admin: delivery?.view.node.admin ?? false,
    cluster: { id: clusterId, endpoint: delivery?.view.cluster.endpoint ?? null, core, ca },
    version: kato.version,
    connected: link.connected,
    reason: link.reason === null ? null : (toErrorRecord(link.reason) as unknown as Json),
    revision: seen?.revision ?? null,
  };
}
