import assert from 'node:assert/strict';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Bus, Message } from '../../../src/bus/bus.ts';
import { createIdentity, type Identity } from '../../../src/bus/identity.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { all, CONTROLLER, parseSubject, routerStart } from '../../../src/bus/subjects.ts';
import type { BusUser } from '../../../src/domain/views/view.ts';
import { startNatsWithController, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const shop = createIdentity();
const blog = createIdentity();
const node = createIdentity();
const USERS: BusUser[] = [
  { kind: 'announcer', id: 'shop', key: shop.key },
  { kind: 'announcer', id: 'blog', key: blog.key },
  { kind: 'node', id: 'n1', key: node.key },
];

describe('announcers of routes', () => {
  let nats: TestNats;
  let identity: Identity;
  let controllerUser: BusUser;
  let controller: Bus;
  let shopLink: NatsConnection;
  let blogLink: NatsConnection;
  const heard: string[] = [];

  before(async () => {
    const started = await startNatsWithController(USERS);
    ({ nats, identity, controllerUser, controller } = started);
    for (const verb of ['register', 'unregister'] as const) {
      controller.subscribe(all.announcements(verb), note);
    }
    await controller.rtt();
    shopLink = natsOf(await nats.connect('shop', shop));
    blogLink = natsOf(await nats.connect('blog', blog));
  });
  after(() => nats.stop());
  beforeEach(() => heard.splice(0));

  it('are known by their account, whatever they say', async () => {
    shopLink.publish(
      'router.register',
      JSON.stringify({ uris: ['shop.example.com'], who: 'blog' }),
    );
    blogLink.publish('router.unregister', JSON.stringify({ uris: ['blog.example.com'] }));
    await until(() => heard.length === 2, { what: 'both are heard', seconds: 5 });
    assert.deepEqual(heard.sort(), [
      'blog unregister blog.example.com',
      'shop register shop.example.com',
    ]);
  });

  it('are heard by every controller, once', async () => {
    const second: string[] = [];
    const other = await nats.connect(CONTROLLER, identity);
    other.subscribe(all.announcements('register'), ({ subject }) => second.push(subject));
    await other.rtt();
    shopLink.publish('router.register', JSON.stringify({ uris: ['a.example.com'] }));
    shopLink.publish('router.register', JSON.stringify({ uris: ['b.example.com'] }));
    await until(() => heard.length === 2 && second.length === 2, { what: 'both hear', seconds: 5 });
    await shopLink.flush();
    assert.deepEqual(heard, ['shop register a.example.com', 'shop register b.example.com']);
  });

  it('are answered when they greet, with the inbox of any client library', async () => {
    const stop = controller.respond(all.announcements('greet'), async ({ sender }) => ({
      minimumRegisterIntervalInSeconds: 20,
      sender,
    }));
    await controller.rtt();
    const heardOnInbox: string[] = [];
    shopLink.subscribe('_INBOX.reply', {
      callback: (_, msg) => {
        heardOnInbox.push(msg.string());
      },
    });
    shopLink.publish('router.greet', '{}', { reply: '_INBOX.reply' });
    await until(() => heardOnInbox.length > 0, { what: 'the answer comes', seconds: 5 });
    assert.deepEqual(JSON.parse(heardOnInbox[0]!), {
      minimumRegisterIntervalInSeconds: 20,
      sender: 'shop',
    });
    stop();
  });

  it('all hear that a router has started', async () => {
    const started: string[] = [];
    for (const link of [shopLink, blogLink]) {
      link.subscribe('router.start', {
        callback: (_, msg: Msg) => {
          started.push(msg.subject);
        },
      });
      await link.flush();
    }
    controller.publish(routerStart, { id: 'r1' });
    await until(() => started.length === 2, { what: 'both hear it', seconds: 5 });
  });

  it('cannot speak as another, nor hear another, nor reach the cluster', async () => {
    const refused: string[] = [];
    const overheard: string[] = [];
    void (async () => {
      for await (const status of shopLink.status()) {
        if (status.type === 'error') refused.push(status.error.message);
      }
    })();
    const hidden = [
      'router.register',
      'kato.>',
      'kato.announce.blog.register',
      'kato.reply.n1.>',
      '>',
    ];
    for (const subject of hidden) {
      const callback = (error: Error | null) => {
        if (error === null) overheard.push(subject);
      };
      shopLink.subscribe(subject, { callback });
    }
    const forbidden = ['kato.announce.blog.register', 'router.start', 'kato.op.n1.stop'];
    for (const subject of forbidden) shopLink.publish(subject, '{"uris":["x"]}');
    await until(() => refused.length === hidden.length + forbidden.length, {
      what: 'every try is refused',
      seconds: 5,
    });
    blogLink.publish('router.register', JSON.stringify({ uris: ['blog.example.com'] }));
    await until(() => heard.length > 0, { what: 'the other is heard', seconds: 5 });
    await shopLink.flush();
    assert.deepEqual(heard, ['blog register blog.example.com']);
    assert.deepEqual(overheard, []);
  });

  it('have no say with a reply that belongs to others', async () => {
    const nodeBus = await nats.connect('n1', node);
    const stolen: string[] = [];
    nodeBus.subscribe('kato.node.n1.>', ({ subject }) => stolen.push(subject));
    const greetings: string[] = [];
    const stop = controller.respond(all.announcements('greet'), async ({ subject }) =>
      greetings.push(subject),
    );
    await Promise.all([nodeBus.rtt(), controller.rtt()]);
    shopLink.publish('router.greet', '', { reply: 'kato.node.n1.wake' });
    shopLink.publish('router.greet', '', { reply: '_INBOX.reply' });
    await until(() => greetings.length > 0, { what: 'a greeting is heard', seconds: 5 });
    assert.equal(greetings.length, 1);
    await controller.rtt();
    await nodeBus.rtt();
    assert.deepEqual(stolen, []);
    stop();
  });

  it('come and go by reload, and nobody else notices', async () => {
    const drops: string[] = [];
    for (const [name, link] of Object.entries({ shop: shopLink, controller: natsOf(controller) })) {
      void (async () => {
        for await (const { type } of link.status()) if (type === 'disconnect') drops.push(name);
      })();
    }
    const wiki = createIdentity();
    const wikiUser: BusUser = { kind: 'announcer', id: 'wiki', key: wiki.key };
    await nats.reload([controllerUser, ...USERS, wikiUser]);
    const wikiLink = natsOf(await nats.connect('wiki', wiki));
    wikiLink.publish('router.register', JSON.stringify({ uris: ['wiki.example.com'] }));
    await until(() => heard.length > 0, { what: 'the new one is heard', seconds: 5 });
    const stop = controller.respond(all.announcements('greet'), async () => 'welcome');
    await controller.rtt();
    const answers: unknown[] = [];
    wikiLink.subscribe('_INBOX.wiki', {
      callback: (_, msg) => {
        answers.push(msg.json());
      },
    });
    wikiLink.publish('router.greet', '', { reply: '_INBOX.wiki' });
    await until(() => answers.length > 0, { what: 'the new one is answered', seconds: 5 });
    assert.deepEqual(answers, ['welcome']);
    stop();

    await nats.reload([controllerUser, ...USERS.filter(({ key }) => key !== blog.key), wikiUser]);
    await assert.rejects(nats.connect('blog', blog), { code: 'NOT_ALLOWED' });
    shopLink.publish('router.register', JSON.stringify({ uris: ['shop.example.com'] }));
    await until(() => heard.length > 1, { what: 'the old one is still heard', seconds: 5 });
    assert.deepEqual(heard, ['wiki register wiki.example.com', 'shop register shop.example.com']);
    assert.deepEqual(drops, []);
  });

  function note({ subject, body }: Message): void {
    const parsed = parseSubject(subject);
    if (parsed?.kind !== 'announcement') return;
    const uris = (body as { uris?: string[] }).uris ?? [];
    heard.push([parsed.who, parsed.verb, ...uris].join(' '));
  }
});
