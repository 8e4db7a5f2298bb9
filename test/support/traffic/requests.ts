import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type ClientHttp2Session, connect, constants } from 'node:http2';

/** What a backend said of the request that it got. */
export interface Answer {
  backend: string;
  /** The router that it came through. */
  via: string;
}

/** One idempotent request. */
export type Client = () => Promise<Answer>;

/** An answer that takes longer is none. */
const ANSWER_LIMIT_MS = 20_000;
const SESSIONS = 4;
const REFUSED = constants.NGHTTP2_REFUSED_STREAM;

/**
 * A server may close a kept connection at any time, also while a request is on its way to it
 * (RFC 9112, 9.3.1), and may refuse streams unread (RFC 9113, 8.7). Clients then send the request
 * again on a new connection, once; so do these.
 */
export class SendAgain extends Error {}

/** HTTP/1.1, every request on a connection of its own: nothing may fail. */
export function freshClient(target: string, host: string): Client {
  return () => get(target, host, false);
}

/** HTTP/1.1 on kept connections. */
export function keptClient(target: string, host: string): Client {
  const agent = new Agent({ keepAlive: true });
  return () => get(target, host, agent);
}

async function get(target: string, host: string, agent: Agent | false): Promise<Answer> {
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const outgoing = request({ host: target, headers: { host }, agent, signal });
  outgoing.end();
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return answered(response.statusCode, text);
  } catch (error) {
    const lost = outgoing.reusedSocket && !signal.aborted && !(error instanceof BadAnswer);
    throw lost ? new SendAgain(String(error)) : error;
  }
}

/** HTTP/2 over TLS on a few connections, each with many requests, as browsers do. */
export function multiplexedClient(target: string, host: string): Client {
  const sessions: (Session | undefined)[] = [];
  let turn = 0;
  return async () => {
    const at = turn++ % SESSIONS;
    if (sessions[at]?.usable() !== true) sessions[at] = openSession(target, host);
    return sessions[at].get();
  };
}

interface Session {
  usable(): boolean;
  get(): Promise<Answer>;
}

function openSession(target: string, host: string): Session {
  const http2: ClientHttp2Session = connect(`https://${target}`, {
    rejectUnauthorized: false,
    servername: host,
  });
  let leaving = false;
  let answers = 0;
  http2.on('goaway', () => {
    leaving = true;
  });
  http2.on('error', () => {
    leaving = true;
  });
  return {
    usable: () => !leaving && !http2.closed && !http2.destroyed,
    get: async () => {
      const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
      const headers = { ':authority': host, ':path': '/' };
      const stream = http2.request(headers, { signal, endStream: true });
      try {
        const [head] = (await once(stream, 'response')) as [{ ':status'?: number }];
        let text = '';
        for await (const chunk of stream) text += String(chunk);
        answers++;
        return answered(head[':status'], text);
      } catch (error) {
        const lost = answers > 0 && !signal.aborted && !(error instanceof BadAnswer);
        throw lost || stream.rstCode === REFUSED ? new SendAgain(String(error)) : error;
      }
    },
  };
}

class BadAnswer extends Error {}

function answered(status: number | undefined, text: string): Answer {
  if (status !== 200) throw new BadAnswer(`status ${status}: ${text.trim()}`);
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new BadAnswer(`cut off: ${text}`);
  }
}
