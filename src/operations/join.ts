import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { isKeyProven } from '../bus/joining/join-proof.ts';
import { checkKeyIsFree } from '../domain/access/keys.ts';
import { refuse } from '../domain/base/error.ts';
import { sha256 } from '../domain/base/hash.ts';
import { checkNodeName } from '../domain/base/names.ts';
import { katoVersion, machineName, word, words } from '../domain/base/shapes.ts';
import { unchanged } from '../domain/document/change.ts';
import type { Cluster } from '../domain/document/cluster.ts';
import { join, judgeToken } from '../domain/nodes/join.ts';
import { pendingUntil } from '../domain/nodes/leave.ts';
import { isGone } from '../domain/nodes/verdicts.ts';
import { checkNodeAddress } from '../domain/traffic/addresses.ts';
import { PUBLIC_KEY, preparedChange } from './operation.ts';
import { roleSecrets } from './secrets.ts';

const JOIN = v.strictObject({
  tokenId: word,
  secret: word,
  key: PUBLIC_KEY,
  /** Proves that the joiner has the private part of it. */
  proof: word,
  name: word,
  nameChosen: v.optional(v.boolean(), false),
  hostname: machineName,
  address: word,
  machineId: word,
  version: katoVersion,
  catalogue: words,
  roles: words,
  noStart: v.boolean(),
  force: v.boolean(),
  /** Only whether it would be refused: nothing is changed. */
  trial: v.boolean(),
});

/** Asked under the join identity: the token in the parameters is what vouches for the joiner. */
const joining = preparedChange(
  'node.join',
  'joiner',
  JOIN,
  async (known, { secret, proof: _proof, trial, ...params }) => {
    const nodeId = `n${randomBytes(6).toString('hex')}`;
    const given = {
      ...params,
      name: checkNodeName(params.name),
      address: checkNodeAddress(known.cluster, known.catalogue, params.address),
      nodeId,
      secretHash: sha256(secret),
      coreVersion: known.kato,
      pendingUntil: pendingUntil(known.now().toISOString()),
      gone: Object.keys(known.cluster.nodes).filter((id) => isGone(known.verdicts, id)),
    };
    return {
      decide: (cluster, asked) => {
        checkKeyIsFree(cluster, params.key, {
          controllerKeys: known.controllerKeys,
          joiner: true,
        });
        const decision = join(cluster, given, { ...asked, by: nodeId });
        return trial ? unchanged(cluster, decision.result) : decision;
      },
      newSecrets: (cluster) => roleSecrets(known.catalogue, cluster, nodeId),
    };
  },
  ({ secret: _secret, proof: _proof, trial: _trial, ...params }) => params,
);

export const nodeJoin = {
  ...joining,
  /** Refuses at once what no later document would allow. `tokenId` is vouched for by the bus. */
  judge: (cluster: Cluster, params: unknown, tokenId: string, at: string): void => {
    const { secret, ...shown } = params as v.InferOutput<typeof JOIN>;
    const secretHash = shown.tokenId === tokenId ? sha256(secret) : '';
    judgeToken(cluster, { ...shown, tokenId, secretHash }, at);
    if (secretHash === '') throw refuse('TOKEN_UNKNOWN', 'the token belongs to another joiner');
    if (isKeyProven(shown.key, shown.proof, { clusterId: cluster.id, tokenId })) return;
    throw refuse('NOT_ALLOWED', 'the joiner does not have the key that it names');
  },
};
