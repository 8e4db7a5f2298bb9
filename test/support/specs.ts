import type { ProcessSpec } from '../../src/domain/making/spec.ts';

/** A process of root's that needs nothing and keeps nothing. */
export const PLAIN_PROCESS: Omit<ProcessSpec, 'service' | 'name' | 'argv'> = {
  roles: [],
  ofCore: false,
  packages: [],
  user: 'root',
  up: true,
  environment: {},
  ready: null,
  readySeconds: 10,
  after: [],
  stop: { signal: 'TERM', seconds: 10 },
  dataFolder: null,
  initialize: null,
  setSecrets: null,
  config: null,
  update: 'restart',
  reloadSignal: null,
  reloadConfirm: null,
  restarts: 0,
  listens: [],
};
