import assert from 'node:assert/strict';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { bootUnit } from '../../../src/machine/node/boot-unit.ts';

describe("systemd's unit", () => {
  it('runs the tree by itself, so that no node is needed to boot one', () => {
    assert.equal(
      bootUnit(pathsOf('/')),
      `[Unit]
Description=kato: all processes of this node
After=network-online.target
Wants=network-online.target

[Service]
RuntimeDirectory=kato
RuntimeDirectoryMode=0755
ExecStartPre=/bin/cp /proc/sys/kernel/random/uuid /run/kato/boot-id
ExecStart=/usr/bin/s6-svscan /var/lib/kato/service
ExecStop=/bin/sh -c "touch /run/kato/halting; timeout 6 sh -c 'until test -e /run/kato/released; do sleep 0.1; done'"
Restart=on-failure
KillMode=mixed
TimeoutStopSec=120
TasksMax=infinity
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`,
    );
  });
});
