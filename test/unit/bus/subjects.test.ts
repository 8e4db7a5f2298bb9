import assert from 'node:assert/strict';
import * as subjects from '../../../src/bus/subjects.ts';

const { parseSubject, replyPrefixOf } = subjects;

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
    assert.deepEqual(parseSubject(subjects.join), { kind: 'join', who: 'join' });
    assert.deepEqual(parseSubject(subjects.announcement('web', 'register')), {
      kind: 'announcement',
      who: 'web',
      verb: 'register',
    });
  });

  it('that kato did not make are none of its own', () => {
    const foreign = ['', 'kato', 'kato.op', 'kato.op.n1', 'kato.join.x', 'kato.heartbeat.n1.x'];
    for (const subject of [...foreign, 'kato.announce.web.burn', '$KV.cluster.document']) {
      assert.equal(parseSubject(subject), null, subject);
      assert.equal(replyPrefixOf(subject), null, subject);
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
    assert.equal(replyPrefixOf(subjects.op('n1', 'status')), 'kato.reply.n1.');
    assert.equal(replyPrefixOf(subjects.join), 'kato.reply.join.');
    assert.equal(replyPrefixOf(subjects.nodeAsk('n1', 'status')), '_INBOX_ctl.');
    assert.equal(replyPrefixOf(subjects.announcement('web', 'greet')), '_R_.');
  });
});
