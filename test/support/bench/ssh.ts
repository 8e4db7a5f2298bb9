import type { Lab } from '../lab/lab.ts';
import { until } from '../until.ts';

const KEY = '/root/.ssh/id_ed25519';
const CONFIG = `Host *
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
`;

/** Lets root of the first host reach all hosts by ssh: sshd on each, keys made for this lab alone. */
export async function startSsh(lab: Lab): Promise<void> {
  const [first] = lab.hosts;
  await first!.run(['sh', '-c', `mkdir -p /root/.ssh && ssh-keygen -qt ed25519 -N '' -f ${KEY}`]);
  const key = await first!.read(`${KEY}.pub`);
  await first!.write('/root/.ssh/config', CONFIG, '600');
  await Promise.all(
    lab.hosts.map(async (host) => {
      await host.write('/root/.ssh/authorized_keys', key, '600');
      await host.run(['sh', '-c', 'mkdir -p /run/sshd && ssh-keygen -A && /usr/sbin/sshd']);
    }),
  );
  for (const host of lab.hosts) {
    await until(async () => (await first!.run(['ssh', host.address, 'true'])).exitCode === 0, {
      what: `ssh to ${host.name}`,
      seconds: 20,
    });
  }
}
