/** Hints that no test follows where they are printed, by the reason why not. */
export const UNFOLLOWED: Record<string, string[]> = {
  'it is printed only until the first pass of an agent has ended': [
    'agent/reporter.ts: run it again in a moment; if that does not help, see ${paths.log}/agent/current on it',
  ],
  'it needs another version of kato, or of a program that it runs': [
    'bus/store/buckets.ts: nats-server 2.10.27 or newer is needed',
    'bus/store/document.ts: install the same version of kato here as on the other nodes',
    'domain/roles/role-changes.ts: install the same kato there as on the core',
    'domain/making/compile-node.ts: install the same kato here as on the core',
    'domain/document/document-shape.ts: use the version of kato that saved it, or a later one',
    'operations/operation.ts: this kato and the controller may have different versions',
  ],
  'it needs packages from outside, which tests do without': [
    'bin/kato: run ${home}/scripts/setup',
    "machine/apply/install-packages.ts: make 'apt-cache show ${unknown}' find it, or install it by hand",
    "machine/apply/install-packages.ts: run it by hand: apt-get install ${packages.join(' ')}",
  ],
  'hosts of a lab share the clock and the quotas of one machine': [
    'bus/failures.ts: set its clock; date -u shows it',
    'domain/base/system-error.ts: free some, or raise it',
  ],
  'its state lasts no longer than a look, or takes minutes to bring about': [
    'cli/session/already.ts: its log on ${node}: /var/log/kato/${process}/current',
    'operations/local/boot.ts: see ${paths.log}/agent/current',
  ],
  'only a security module of the kernel refuses so, and one would be for the whole machine': [
    'machine/disk/ground.ts: let root run programs in ${folder}',
  ],
  'it is a prompt or a word of a table': [
    'cli/render/role-info.ts: by kato role add',
    'cli/input/token-source.ts: Join token (kato token create on the core): ',
  ],
};

/** What a command says, and warnings, that no test reads, by the reason why not. */
export const UNREAD: Record<string, string[]> = {
  'kato does not print it: it leaves these words of its parser out': [
    'cli/framework/usage-error.ts: See more help',
  ],
};
