/** Hints that no test follows where they are printed, by the reason why not. */
export const UNFOLLOWED: Record<string, string[]> = {
  'it only says to try again, or that kato does': [
    'agent/agent.ts: run it again in a moment; where it stays so, on it: ${paths.log}/agent/current',
  ],
  'another test does so, and does not look at these words': [
    // joining.test.ts types the lines that setup core prints.
    'cli/render/attach-lines.ts: kato node setup load_balancer',
    "cli/render/attach-lines.ts: kato node attach -e ${roles[0]} ${core.address}${next === null ? '' : ` && ${next}`}",
    // recovery.test.ts and kept-export.test.ts
    'cli/commands/data/export.ts: keep it with its passphrase away from the core; kato node setup core --recover-from reads it',
    'cli/commands/data/keep.ts: should the core be lost: kato node setup core --recover-from that file, on a machine with its address',
    'domain/nodes/migrate.ts: give its machine ${node.address} again; a new machine with that address goes on from an export: kato node setup core --recover-from FILE',
  ],
  'it needs another version of kato, or of a program that it runs': [
    'bus/store/buckets.ts: nats-server 2.10.27 or newer is needed',
    'bus/store/store.ts: bring this node to the version of the others',
    'domain/roles/role-changes.ts: install the same kato there as on the core',
    'domain/making/compile-node.ts: install the same kato here as on the core',
    'domain/document/document-shape.ts: use the version of kato that saved it, or a later one',
    'operations/operation.ts: the kato that asks and the controller may be of different versions',
  ],
  'it needs packages from outside, which tests do without': [
    'bin/kato: run ${home}/scripts/setup',
    "machine/apply/install-packages.ts: make 'apt-cache show ${unknown}' find it, or install it by hand",
    "machine/apply/install-packages.ts: run it by hand: apt-get install ${packages.join(' ')}",
  ],
  'hosts of a lab share the clock, the quotas and the attributes of files of one machine': [
    'bus/failures.ts: set its clock; date -u shows it',
    'domain/base/system-error.ts: free some, or raise it',
  ],
  'it says what a person is to look at or to do, and names no command that cures': [
    'cli/session/already.ts: its log on ${node}: /var/log/kato/${process}/current',
    'machine/disk/ground.ts: let root run programs in ${folder}',
    'machine/s6/supervision.ts: look at ${paths.log}/supervision/current, and whether the package s6 is installed',
    'operations/local/boot.ts: look at ${paths.log}/${AGENT}/current',
    'operations/local/boot.ts: look at ${paths.log}/agent/current',
    'operations/local/put-on-bus.ts: kato process list shows what runs; the log is in /var/log/kato/nats-server/current',
  ],
  'no command leads there: others refuse it before, or what comes with kato does not have it': [
    'machine/s6/service.ts: kato node boot',
  ],
  'it is a prompt or a word of a table': [
    'cli/render/role-info.ts: by kato role add',
    'cli/input/token-source.ts: Join token (kato token create on the core): ',
  ],
  'it is printed for a moment only, while roles stop': [
    'agent/farewell.ts: when that is done, kato node attach ${core.address} with a token makes it a node again',
  ],
  'nobody has written the test: the state is hard to bring about': [
    'domain/nodes/displaced.ts: kato node attach there makes it a node of its own; kato node migrate ${known} ${now} on the core makes it ${name}',
    'operations/local/setup-core.ts: give it ${address} again',
    'machine/network/interfaces.ts: give it: --address IP',
    'agent/usable-certificates.ts: kato op custom_ssl_cert install --update KEY CERT ${domain}',
    'bus/store/seal.ts: kato node setup core --recover-from FILE brings the secrets back',
    'cli/commands/node/migrate.ts: look at its agent at ${address}: kato status there',
    'cli/render/token.ts: no token; make one with kato token create',
    'controller/state/live.ts: on the core: df -h /var/lib/kato/data, and the log in /var/log/kato/nats-server/current',
    'domain/document/budget.ts: on an admin node, take out what is not needed: see kato route list, kato token list, kato node list',
    'domain/nodes/migrate.ts: kato node boot on the machine starts it; --force does without',
    'machine/node/ledger.ts: kato node halt, then kato node boot: the agent fetches it anew',
    'operations/roles.ts: kato process ready -n ${node.name} all --block 30',
    'operations/secrets.ts: on the core: df -h /var/lib/kato/data; then kato node setup core --recover-from /var/lib/kato/state/ledger.json',
    'operations/state.ts: on the core: df -h /var/lib/kato/data; then kato node setup core --recover-from /var/lib/kato/state/ledger.json',
  ],
};
