import { request } from 'node:http';

/** Whether an HTTP server at `address:port` answers a GET with 2xx or 3xx within the time. */
export function answersWell(
  { at, host, path }: { at: string; host: string; path: string },
  limitMs: number,
): Promise<boolean> {
  const colon = at.lastIndexOf(':');
  const server = { host: at.slice(0, colon), port: Number(at.slice(colon + 1)) };
  const headers = { host, 'user-agent': 'kato', connection: 'close' };
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(limitMs);
    const asked = request({ ...server, path, headers, agent: false, signal }, (answer) => {
      const { statusCode = 0 } = answer;
      // Nobody reads what else it says.
      answer.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
