import * as v from 'valibot';
import { checkKeyIsFree } from '../domain/access/keys.ts';
import { createToken, revokeToken, tokenInfo } from '../domain/access/tokens.ts';
import { amount, form, word, words } from '../domain/base/shapes.ts';
import { change, PUBLIC_KEY, preparedChange, read } from './operation.ts';

/** The asker makes secret and key and keeps them: the cluster learns hash and public key only. */
export const tokenCreate = preparedChange(
  'token.create',
  'admin',
  v.strictObject({
    id: form(/^[a-z0-9]{8}$/, 'the id of a token'),
    secretHash: form(/^[0-9a-f]{64}$/, 'a hash'),
    key: PUBLIC_KEY,
    roles: v.nullable(words),
    admin: v.boolean(),
    uses: amount(-1e9, 1e9),
    ttlSeconds: amount(-1e12, 1e12),
  }),
  async ({ controllerKeys }, params) => ({
    decide: (cluster, asked) => {
      checkKeyIsFree(cluster, params.key, { controllerKeys });
      return createToken(cluster, params, asked);
    },
  }),
);

export const tokenRevoke = change(
  'token.revoke',
  'admin',
  v.strictObject({ id: word }),
  revokeToken,
);

export const tokenList = read('token.list', 'admin', v.strictObject({}), async (known) => {
  const at = known.now().toISOString();
  return Object.values(known.cluster.tokens).map((token) => tokenInfo(token, at));
});
