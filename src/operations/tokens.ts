import * as v from 'valibot';
import { createToken, revokeToken, tokenInfo } from '../domain/change/tokens.ts';
import { change, PUBLIC_KEY, read } from './operation.ts';

/** The asker makes secret and key and keeps them: the cluster learns hash and public key only. */
export const tokenCreate = change(
  'token.create',
  'admin',
  v.strictObject({
    id: v.pipe(v.string(), v.regex(/^[a-z0-9]{8}$/)),
    secretHash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    key: PUBLIC_KEY,
    roles: v.nullable(v.array(v.string())),
    admin: v.boolean(),
    uses: v.number(),
    ttlSeconds: v.number(),
  }),
  createToken,
);

export const tokenRevoke = change(
  'token.revoke',
  'admin',
  v.strictObject({ id: v.string() }),
  revokeToken,
);

export const tokenList = read('token.list', 'admin', v.strictObject({}), async (known) => {
  const at = known.now().toISOString();
  return Object.values(known.cluster.tokens).map((token) => tokenInfo(token, at));
});
