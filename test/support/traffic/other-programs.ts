import { typed } from '../cluster.ts';
import type { Running } from '../lab/command.ts';
import type { Host } from '../lab/host.ts';
import { until } from '../until.ts';

/** Answers whatever it is asked, as somebody's own web server does. */
const FOREIGN = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        open("/run/foreign-was-asked", "a").write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"not yours")
HTTPServer(("0.0.0.0", 80), Answer).serve_forever()
`;

/** Is well while there is a file that says so. */
export const SICK = `
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
port = int(sys.argv[1])
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        sick = self.path == "/healthz" and not os.path.exists(f"/run/well-{port}")
        self.send_response(503 if sick else 200)
        self.end_headers()
HTTPServer(("0.0.0.0", port), Answer).serve_forever()
`;

/** One that has port 80 of a host, and listens. */
export async function foreignOn(host: Host): Promise<Running> {
  const running = host.spawn(['python3', '-c', FOREIGN]);
  await until(async () => (await typed(host, 'ss -tlnp')).includes('python3'), {
    what: 'the other program listens',
    seconds: 10,
  });
  return running;
}
