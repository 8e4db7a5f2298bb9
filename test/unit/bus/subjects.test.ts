import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import * as subjects from '../../../src/bus/subjects.ts';
import { isNodeId } from '../../../src/domain/base/names.ts';
import { shaped } from '../../../src/domain/base/shapes.ts';
import { tokenCreate } from '../../../src/operations/tokens.ts';

const { answerSubject, parseSubject } = subjects;

describe('subjects of the bus', () => {
  it('are read as they were made', () => {
    assert.deepEqual(parseSubject(subjects.op('n1', 'role.add')), {
      kind: 'op',
      who: 'n1',
      operation: 'role.add',
    });
    assert.deepEqual(parseSubject(subjects.heartbeat('n1')), { kind: 'heartbeat', who: 'n1' });
    assert.deepEqual(parseSubject(subjects.log('n1', 'nginx')), {
      kind: 'log',
      who: 'n1',
      process: 'nginx',
    });
    const asked = { kind: 'ask', who: 'ctl', what: 'status' };
    assert.deepEqual(parseSubject(subjects.nodeAsk('n1', 'status')), asked);
    assert.deepEqual(parseSubject(subjects.ask('status')), asked);
    assert.deepEqual(parseSubject(subjects.join('token001')), {
      kind: 'join',
      who: 'token001',
    });
    assert.deepEqual(parseSubject(subjects.announcement('web', 'register')), {
      kind: 'announcement',
      who: 'web',
      verb: 'register',
    });
  });

  it('that kato did not make are none of its own', () => {
    const foreign = [
      '',
      'kato',
      'kato.op',
      'kato.op.n1',
      'kato.join',
      'kato.join.a.b',
      'kato.heartbeat.n1.x',
    ];
    for (const subject of [...foreign, 'kato.announce.web.burn', '$KV.cluster.document']) {
      assert.equal(parseSubject(subject), null, subject);
      assert.equal(answerSubject(subject, '_INBOX.x'), null, subject);
    }
  });

  it('cannot be made of ids that would reach further', () => {
    for (const id of ['', '*', '>', 'n1.>', 'n1 n2', 'n1\r\n', 'x'.repeat(129)]) {
      assert.throws(() => subjects.heartbeat(id), { code: 'BAD_NAME' }, id);
      assert.throws(() => subjects.op('n1', id === 'n1.>' ? 'a.>' : id), { code: 'BAD_NAME' }, id);
      assert.throws(() => subjects.inboxPrefix(id), { code: 'BAD_NAME' }, id);
    }
  });

  it('say where alone an answer may go', () => {
    const asked = {
      'kato.reply.n1.': subjects.op('n1', 'status'),
      'kato.reply.token001.': subjects.join('token001'),
      '_INBOX_ctl.': subjects.nodeAsk('n1', 'status'),
    };
    for (const [inbox, subject] of Object.entries(asked)) {
      assert.equal(answerSubject(subject, `${inbox}x.y`), `${inbox}x.y`);
      for (const reply of [undefined, '', 'x', `x.${inbox}`, 'kato.reply.n2.x', '_INBOX.x']) {
        assert.equal(answerSubject(subject, reply), null, `${subject} to ${reply}`);
      }
    }
    const greeted = subjects.announcement('web', 'greet');
    assert.equal(answerSubject(greeted, '_INBOX.x.y'), 'kato.greeting.web.x.y');
    assert.equal(answerSubject(greeted, 'kato.reply.n1.x'), null);
  });

  it('have a token in them that is never the id of a node, nor a name of the controllers', () => {
    const good = { secretHash: '0'.repeat(64), key: createIdentity().key, roles: null };
    const taken = (id: string) =>
      shaped(tokenCreate.params, { ...good, id, admin: false, uses: 1, ttlSeconds: 60 }).fault;
    assert.equal(taken('token001'), null);
    for (const id of ['n0123456789ab', 'n0123456789AB', subjects.CONTROLLER, subjects.WARDEN]) {
      assert.match(taken(id) ?? '', /^id: not the id of a token/, id);
    }
    for (const id of ['token001', subjects.CONTROLLER, subjects.WARDEN]) assert.ok(!isNodeId(id));
  });
});
