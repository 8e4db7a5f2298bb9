import type { BusUser } from '../views/view.ts';
import { isUserKey } from './nkey.ts';

/** What an identity may say and hear on the bus. Everything else is refused by the server. */
export interface Permissions {
  publish: string[];
  subscribe: string[];
  /** May answer a message it got once, within RESPONSE_SECONDS, wherever the reply goes. */
  allowResponses: boolean;
}

const RESPONSE_SECONDS = 30;

/**
 * Two rules hold the table together: who may answer never publishes to what it hears (it could
 * answer itself under another name), and only controllers reach JetStream (it writes to any
 * reply subject, unchecked).
 */
export function permissionsOf(user: BusUser): Permissions {
  switch (user.kind) {
    case 'node':
      return {
        publish: [`kato.op.${user.id}.>`, `kato.heartbeat.${user.id}`, `kato.log.${user.id}.>`],
        subscribe: [`kato.reply.${user.id}.>`, 'kato.ask.>', `kato.node.${user.id}.>`],
        allowResponses: true,
      };
    case 'controller':
      return {
        publish: [
          'kato.ask.>',
          'kato.node.>',
          'kato.router.start',
          'kato.history',
          'kato.history.*',
          '$KV.>',
          '$JS.API.>',
          '$JS.FC.>',
          // The right to answer one message is forgotten at each reload of the bus.
          'kato.reply.*.>',
          'kato.greeting.*.>',
        ],
        subscribe: [
          'kato.op.>',
          'kato.heartbeat.*',
          'kato.log.>',
          'kato.join.*',
          'kato.announce.*.*',
          '_INBOX_ctl.>',
        ],
        allowResponses: true,
      };
    case 'warden':
      // In the system account: lists and ends connections, and hears of new ones.
      return {
        publish: ['$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.SERVER.*.KICK'],
        subscribe: ['$SYS.ACCOUNT.KATO.CONNECT', 'kato.reply.warden.>'],
        allowResponses: false,
      };
    case 'join':
      // An inbox for each token: who holds an ended one hears nobody else's answers.
      return {
        publish: [`kato.join.${user.id}`],
        subscribe: [`kato.reply.${user.id}.>`],
        allowResponses: false,
      };
    case 'former':
      return {
        publish: [`kato.op.${user.id}.removed`],
        subscribe: [`kato.reply.${user.id}.>`],
        allowResponses: false,
      };
    case 'announcer':
      // In an account of its own, so that the usual inbox of any client library is private.
      return {
        publish: ['router.register', 'router.unregister', 'router.greet'],
        subscribe: ['router.start', '_INBOX.>'],
        allowResponses: false,
      };
  }
}

/** What `templates/nats-server/users.conf` loops over. */
export interface BusUsersValues {
  users: (Permissions & { key: string })[];
  wardens: (Permissions & { key: string })[];
  announcers: (Permissions & { key: string; name: string })[];
  responseSeconds: number;
}

/**
 * Whose a key is that a document of kato 0.1.0 has twice: a machine could join with any key, and is to
 * take no place of others by it.
 */
const RANKS: readonly BusUser['kind'][] = [
  'controller',
  'warden',
  'announcer',
  'join',
  'node',
  'former',
];

/**
 * Sorted, so that equal users make an equal file whatever their order. One key twice, or one with a wrong
 * checksum, and the server would take none of them.
 */
export function busUsersValues(users: readonly BusUser[]): BusUsersValues {
  const view: BusUsersValues = {
    users: [],
    wardens: [],
    announcers: [],
    responseSeconds: RESPONSE_SECONDS,
  };
  const rank = ({ kind }: BusUser): number => RANKS.indexOf(kind);
  const owners = new Map<string, BusUser>();
  for (const user of users.filter(({ key }) => isUserKey(key))) {
    const other = owners.get(user.key);
    if (other === undefined || rank(user) < rank(other)) owners.set(user.key, user);
  }
  for (const user of [...owners.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const entry = { key: user.key, ...permissionsOf(user) };
    if (user.kind === 'announcer') view.announcers.push({ ...entry, name: user.id });
    else view[user.kind === 'warden' ? 'wardens' : 'users'].push(entry);
  }
  return view;
}
