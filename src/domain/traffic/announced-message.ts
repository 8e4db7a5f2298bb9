import * as v from 'valibot';
import { KatoError } from '../base/error.ts';
import { checkBackend } from '../base/names.ts';
import { own } from '../base/own.ts';
import { list, shaped, text, word } from '../base/shapes.ts';
import type { Cluster } from '../document/cluster.ts';
import type { AnnouncedRoute } from './pools.ts';
import type { RefusalReason } from './refusals.ts';
import { checkPathIsFree, mayAnnounce, parseRoute } from './routes.ts';

const URIS_MAX = 500;
/** As large as a message: a URI that is too long is then reported on its own. */
const URI_BYTES_MAX = 32_768;
/** Longer than any host name and path that a route can have. */
const URI_LENGTH_MAX = 600;

/** A number, or one as text: components in the field send both. */
const PORT = v.pipe(
  v.custom<number | string>((given) => {
    const isText = typeof given === 'string' && /^\d{1,5}$/.test(given);
    return isText || (Number.isSafeInteger(given) && Number(given) >= 0);
  }, 'not a number'),
  v.transform(Number),
);

/** `router.register` and `router.unregister`, the part of Cloud Foundry's form that leads somewhere. */
const MESSAGE = v.object({
  host: word,
  port: PORT,
  uris: list(text(URI_BYTES_MAX), URIS_MAX),
});

/** The routes in a message, as far as its sender may announce them; `refuse` gets the rest. */
export function routesOfMessage(
  cluster: Cluster,
  announcer: string,
  body: unknown,
  refuse: (reason: RefusalReason, example: string) => void,
): AnnouncedRoute[] {
  const rights = own(cluster.announcers, announcer);
  if (rights === undefined) return [];
  const message = shaped(MESSAGE, body);
  if (message.fault !== null) {
    refuse('form', message.fault);
    return [];
  }
  const { host: address, port, uris } = message.value;
  const backend = readable(() => checkBackend(`${address}:${port}`));
  if ('fault' in backend) {
    refuse('backend', backend.fault);
    return [];
  }
  return [...new Set(uris)].flatMap((uri) => {
    const route = readable(() => {
      const parsed = parseRoute(uri.slice(0, URI_LENGTH_MAX));
      checkPathIsFree(parsed.path);
      return parsed;
    });
    if ('fault' in route) {
      refuse('route', route.fault);
      return [];
    }
    const { host, path } = route.value;
    if (!mayAnnounce(cluster, rights, host)) {
      refuse('host', host);
      return [];
    }
    return [{ announcer, host, path, backend: backend.value, sticky: false }];
  });
}

/** What it gives, or what is wrong with the text that it reads. */
function readable<T>(read: () => T): { value: T } | { fault: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    return { fault: [error.message, error.why].filter(Boolean).join(': ') };
  }
}
