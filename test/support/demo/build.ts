import type { Lab } from '../lab/lab.ts';
import { until } from '../until.ts';
import type { Screen } from './screen.ts';

export const BACKEND_PORTS = [8001, 8002];

/** A core, two routers, a load balancer and data services; then an application with two backends. */
export async function buildCluster(lab: Lab, { h }: Screen): Promise<void> {
  const core = lab.host(1).address;
  await h(1).run(`kato node setup core${ownAddress(lab, 1)} api.example.com`);
  const made = await h(1).run('kato token create --uses 4 --quiet', { quiet: true });
  const token = made.trim();
  const attach = (number: number, roles: string): Promise<string> =>
    h(number).run(`kato node attach -e ${roles}${whoItIs(lab, number)} ${core}`, { token });
  for (const router of [2, 3, 4]) {
    await attach(router, 'router');
  }
  await h(4).run('kato node setup load_balancer');
  await attach(5, 'data-services');
  const backends = await startBackends(lab);
  await h(1).run(`kato route add shop.example.com ${backends.join(' ')}`);
}

/** Hosts of a plain lab share the machine: what kato would find out there, it has to be told. */
function ownAddress(lab: Lab, number: number): string {
  return lab.kind === 'plain' ? ` --address ${lab.host(number).address}` : '';
}

function whoItIs(lab: Lab, number: number): string {
  return lab.kind === 'plain' ? `${ownAddress(lab, number)} --name h${number}` : '';
}

/** Says who it is: port and host come by argv. */
const BACKEND = `
  const [address, port] = process.argv.slice(1);
  const answer = (_request, response) => response.end('the shop, by ' + address + ':' + port + '\\n');
  require('node:http').createServer(answer).listen(Number(port), address);`;

/** Two little web servers on h5, which end with their host. */
async function startBackends(lab: Lab): Promise<string[]> {
  const host = lab.host(5);
  const start = 'setsid "$0" -e "$1" "$2" "$3" >/dev/null 2>&1 </dev/null &';
  for (const port of BACKEND_PORTS) {
    const argv = [process.execPath, BACKEND, host.address, String(port)];
    await host.run(['sh', '-c', start, ...argv]);
    await until(
      async () => {
        const { exitCode } = await host.run(['curl', '-sf', `http://${host.address}:${port}/`]);
        return exitCode === 0;
      },
      { what: `the web server on port ${port} answers`, seconds: 10 },
    );
  }
  return BACKEND_PORTS.map((port) => `${host.address}:${port}`);
}
