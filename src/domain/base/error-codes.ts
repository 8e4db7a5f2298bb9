/** The closed list of what can go wrong. docs/reference/errors.md says what leads to each. */
export const ERROR_CODES = {
  // 1: it was tried and failed
  FAILED: 1,
  ROLE_FAILED: 1,
  CONFIG_REFUSED: 1,
  PACKAGE_MISSING: 1,
  NO_SPACE: 1,
  READ_ONLY: 1,
  DATA_MISSING: 1,
  INTERNAL: 1,
  // 2: the words of the call are off
  USAGE: 2,
  BAD_NAME: 2,
  BAD_ADDRESS: 2,
  BAD_VALUE: 2,
  BAD_FILE: 2,
  ROLE_FILE: 2,
  TOKEN_MALFORMED: 2,
  // 3: no such thing
  NOT_FOUND: 3,
  UNKNOWN_ROLE: 3,
  UNKNOWN_NODE: 3,
  UNKNOWN_KEY: 3,
  NOT_SET_UP: 3,
  // 4: it collides with what is
  CONFLICT: 4,
  ALREADY_ATTACHED: 4,
  ROLE_EXCLUDED: 4,
  ROLE_NEEDED: 4,
  ROLE_LIMIT: 4,
  PORT_TAKEN: 4,
  VERSION: 4,
  STATE_OLDER: 4,
  // 5: nobody there
  CORE_UNREACHABLE: 5,
  NOT_A_BUS: 5,
  BUS_AWAY: 5,
  CONTROLLER_AWAY: 5,
  NODE_UNREACHABLE: 5,
  // 6: it took too long
  TIMEOUT: 6,
  BUSY: 6,
  // 7: may not
  NOT_ALLOWED: 7,
  NOT_ROOT: 7,
  TOKEN_UNKNOWN: 7,
  TOKEN_EXPIRED: 7,
  TOKEN_USED: 7,
  TOKEN_REVOKED: 7,
  TOKEN_ROLE: 7,
  TOKEN_OTHER_CLUSTER: 7,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Why something is as it is: what helps depends on where that is told. */
export type Reason = Omit<ErrorRecord, 'next'>;

/** How an error crosses the bus and the socket, and what `--json` prints. */
export interface ErrorRecord {
  code: ErrorCode;
  /** What failed, on what: one sentence, no full stop. */
  message: string;
  /** The reason, when it is not in the message. */
  why?: string;
  /** The command or the act that helps. */
  next?: string;
}
