import { rename, rm } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';
import { run } from '../command.ts';
import { exists, readIfExists, writeFileAtomic } from '../disk/files.ts';
import { haltCommand } from './halting.ts';

export const UNIT = 'kato.service';
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
/** What was there before: somebody may have changed it by hand. systemd does not look at it. */
const UNIT_BEFORE = `${UNIT_FILE}.kept-by-kato`;

/**
 * Makes the node start at boot, if systemd runs here. Returns one line that says how the node is
 * started, or what else must call it.
 */
export async function installBootUnit(paths: Paths, katoBin: string): Promise<string> {
  if (!(await systemdOwns(paths))) {
    const root = paths.root === '/' ? '' : `KATO_ROOT=${paths.root} `;
    return `no systemd starts this node: have \`${root}${katoBin} node boot\` called at boot`;
  }
  const text = bootUnit(paths);
  const before = await readIfExists(UNIT_FILE);
  if (before !== text) {
    if (before !== null) await writeFileAtomic(UNIT_BEFORE, before, { mode: 0o644 });
    await writeFileAtomic(UNIT_FILE, text, { mode: 0o644 });
    await run(['systemctl', 'daemon-reload']);
  }
  await run(['systemctl', 'enable', UNIT]);
  return `systemd starts this node at boot: systemctl status ${UNIT}`;
}

export async function isBootUnitInstalled(paths: Paths): Promise<boolean> {
  return (await systemdOwns(paths)) && (await exists(UNIT_FILE));
}

/** The machine is no longer a node. Called from inside the tree, it does not end it. */
export async function removeBootUnit(paths: Paths): Promise<void> {
  if (!(await isBootUnitInstalled(paths))) return;
  await run(['systemctl', 'disable', UNIT]);
  if ((await readIfExists(UNIT_FILE)) === bootUnit(paths)) await rm(UNIT_FILE, { force: true });
  else await rename(UNIT_FILE, UNIT_BEFORE);
  await run(['systemctl', 'daemon-reload']);
}

/** The unit needs none of kato's own code, so that a node boots whatever happened to that. */
export function bootUnit(paths: Paths): string {
  return `[Unit]
Description=kato: all processes of this node
After=network-online.target
Wants=network-online.target

[Service]
RuntimeDirectory=kato
RuntimeDirectoryMode=0755
ExecStartPre=/bin/cp /proc/sys/kernel/random/uuid ${paths.run}/boot-id
ExecStart=/usr/bin/s6-svscan ${paths.service}
ExecStop=/bin/sh -c "${haltCommand(paths)}"
Restart=on-failure
KillMode=mixed
TimeoutStopSec=120
TasksMax=infinity
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`;
}

/** One unit for the one node at `/`; nodes below other roots are for tests. */
async function systemdOwns(paths: Paths): Promise<boolean> {
  return paths.root === '/' && (await exists('/run/systemd/system'));
}
