/** Hints that no test follows where they are printed, by the reason why not. */
export const UNFOLLOWED: Record<string, string[]> = {
  'it needs another nats-server than the one that comes with kato': [
    'bus/store/buckets.ts: nats-server 2.10.27 or newer is needed',
  ],
  'only the controllers of a kato to come make such views': [
    'domain/making/compile-node.ts: install the same kato here as on the core',
  ],
  'it downloads programs, which tests do without': ['bin/kato: run ${home}/scripts/setup'],
  'hosts of a lab share the clock and the quotas of one machine': [
    'bus/failures.ts: set its clock; date -u shows it',
    'domain/base/system-error.ts: free some, or raise it',
  ],
  'it is printed after a minute in which a program did not end, though it was killed': [
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
