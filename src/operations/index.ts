import * as certificates from './certificates.ts';
import { progress } from './following/progress.ts';
import { released } from './following/released.ts';
import { nodeJoin } from './join.ts';
import * as moves from './moves.ts';
import * as nodes from './nodes.ts';
import type { Operation } from './operation.ts';
import * as roles from './roles.ts';
import * as routes from './routes.ts';
import { secretShow } from './secrets.ts';
import * as settings from './settings.ts';
import * as state from './state.ts';
import * as status from './status.ts';
import * as tokens from './tokens.ts';
import { view } from './view.ts';

/** Every operation that a controller answers, by name. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    ...Object.values(nodes),
    nodeJoin,
    ...Object.values(moves),
    ...Object.values(roles),
    ...Object.values(tokens),
    ...Object.values(routes),
    ...Object.values(settings),
    ...Object.values(certificates),
    ...Object.values(status),
    ...Object.values(state),
    progress,
    released,
    secretShow,
    view,
  ].map((operation) => [operation.name, operation]),
);
