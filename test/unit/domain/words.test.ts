import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import { busUsersValues, permissionsOf } from '../../../src/domain/access/bus-permissions.ts';
import { errorFrom, KatoError, refuse, toErrorRecord } from '../../../src/domain/base/error.ts';
import { ERROR_CODES } from '../../../src/domain/base/error-codes.ts';
import { canonicalJson, hashOf } from '../../../src/domain/base/hash.ts';
import {
  checkAddress,
  checkHostname,
  checkNodeName,
  didYouMean,
  isIdentifier,
  isNodeId,
} from '../../../src/domain/base/names.ts';
import type { BusUser } from '../../../src/domain/views/view.ts';

describe('names', () => {
  it('of nodes are one label, in lower case', () => {
    assert.equal(checkNodeName('Web-1'), 'web-1');
    for (const wrong of ['', '-a', 'a-', 'a.b', 'a_b', 'a b', 'ä', 'a'.repeat(64)]) {
      assert.throws(() => checkNodeName(wrong), { code: 'BAD_NAME' }, wrong);
    }
  });

  it('of hosts are labels with dots', () => {
    assert.equal(checkHostname('API.Example.com', 'the endpoint'), 'api.example.com');
    assert.equal(checkHostname('api.example.com.', 'the endpoint'), 'api.example.com');
    const long = Array.from({ length: 64 }, () => 'abc').join('.');
    for (const wrong of ['', 'a..b', '.a', 'a..', '.', 'a/b', 'a;b', '*.a', long]) {
      assert.throws(() => checkHostname(wrong, 'the endpoint'), { code: 'BAD_NAME' }, wrong);
    }
  });

  it('of roles and settings start with a letter', () => {
    assert.ok(isIdentifier('load_balancer'));
    assert.ok(!isIdentifier('1st'));
    assert.ok(!isIdentifier('a.b'));
  });

  it('never look like the id of a node, which would be taken for that node', () => {
    const id = 'n0123456789ab';
    assert.ok(isNodeId(id) && !isNodeId('node-1'));
    assert.throws(() => checkNodeName(id), { code: 'BAD_NAME', why: /id/ });
    assert.throws(() => checkNodeName(id.toUpperCase()), { code: 'BAD_NAME' });
    assert.throws(() => checkHostname(id, 'the host name'), { code: 'BAD_NAME' });
    assert.ok(!isIdentifier(id) && isIdentifier('n0123456789abc'));
  });

  it('that were mistyped are guessed, when they are near', () => {
    assert.equal(didYouMean('ruoter', ['router', 'redis']), "did you mean 'router'?");
    assert.equal(didYouMean('kafka', ['router', 'redis']), undefined);
    // Another number is another thing, and no typing error.
    assert.equal(didYouMean('h6', ['h1', 'h2']), undefined);
    assert.equal(didYouMean('10.0.0.77', ['10.0.0.1']), undefined);
    assert.equal(didYouMean('h33', ['h2', 'h3']), "did you mean 'h3'?");
    assert.equal(didYouMean('web6', ['wab1', 'web-1']), undefined);
    // What is the same in both says nothing about the rest.
    assert.equal(didYouMean('blog.example.com', ['shop.example.com']), undefined);
    assert.equal(didYouMean('rack-a', ['rack-b']), undefined);
    const host = `${'a-long-name.'.repeat(9)}example.com`;
    assert.equal(didYouMean(`shpo.${host}`, [`shop.${host}`]), `did you mean 'shop.${host}'?`);
    assert.equal(didYouMean('data-servcies', ['data-services']), "did you mean 'data-services'?");
  });

  it('are not guessed for long, whatever somebody sends', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `${i}-`.padEnd(63, 'a'));
    // In quadratic time this would take minutes, and a test has one.
    assert.equal(didYouMean('a'.repeat(31_000_000), names), undefined);
    assert.equal(didYouMean('b'.repeat(63), names), undefined);
  });
});

describe('addresses of nodes', () => {
  it('are IPv4 and somebody’s', () => {
    assert.equal(checkAddress('10.0.0.5'), '10.0.0.5');
    for (const wrong of ['', '10.0.0', '10.0.0.256', '0.0.0.0', '::1', 'web', '10.0.0.5:80']) {
      assert.throws(() => checkAddress(wrong), { code: 'BAD_ADDRESS' }, wrong);
    }
  });
});

describe('hashes', () => {
  it('are equal for equal values, whatever the order of their keys', () => {
    assert.equal(
      hashOf({ a: 1, b: { c: 2, d: [1, 2] } }),
      hashOf({ b: { d: [1, 2], c: 2 }, a: 1 }),
    );
    assert.notEqual(hashOf([1, 2]), hashOf([2, 1]));
    assert.equal(canonicalJson({ b: null, a: 'x' }), '{"a":"x","b":null}');
  });
});

describe('errors', () => {
  it('cross the bus as what, why and what to do next', () => {
    const error = refuse('CONFLICT', 'it is taken', 'by another', 'take another');
    const record = {
      code: 'CONFLICT',
      message: 'it is taken',
      why: 'by another',
      next: 'take another',
    };
    assert.deepEqual(JSON.parse(JSON.stringify(error)), record);
    assert.deepEqual(toErrorRecord(error), record);
    assert.deepEqual(new KatoError({ code: 'FAILED', message: 'no' }).toJSON(), {
      code: 'FAILED',
      message: 'no',
    });
  });

  it('have an exit code each, from 1 to 7', () => {
    assert.equal(refuse('TIMEOUT', 'late').exitCode, 6);
    for (const code of Object.values(ERROR_CODES)) assert.ok(code >= 1 && code <= 7);
  });

  it('of others have a code that is known here, and texts that harm no terminal', () => {
    const told = { code: 'TOMORROW', message: 'a\u001b[2Jb', why: 'x'.repeat(1_000_000), next: 7 };
    const error = errorFrom(told);
    assert.deepEqual([error.code, error.exitCode], ['FAILED', 1]);
    assert.equal(error.message, 'a\\x1b[2Jb');
    assert.deepEqual([error.why!.length, error.next], [8000, undefined]);
    for (const nothing of [null, 'text', [], { code: 'constructor' }]) {
      assert.equal(errorFrom(nothing).exitCode, 1);
    }
    const same = refuse('CONFLICT', 'it is taken', 'by\nanother', 'take another');
    assert.deepEqual(errorFrom(same.toJSON()).toJSON(), same.toJSON());
  });

  it('never repeat all that somebody sent', () => {
    const error = refuse('BAD_NAME', `'${'a'.repeat(31_000_000)}' is not a node name`);
    assert.ok(error.message.length <= 1000);
  });

  it('of the machine are told as such, wherever they happen', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    assert.deepEqual(toErrorRecord(Object.assign(full, { syscall: 'open', path: '/run/kato/x' })), {
      code: 'NO_SPACE',
      message: 'cannot open /run/kato/x',
      why: 'the disk is full',
      next: 'free space or files: df -h; df -i',
    });
    const frozen = Object.assign(new Error(), { code: 'EROFS', syscall: 'write' });
    assert.equal(toErrorRecord(frozen).message, 'cannot write to the disk');
  });

  it('that nobody expected are INTERNAL and ask to be reported', () => {
    assert.equal(toErrorRecord(new TypeError('x is not a function')).code, 'INTERNAL');
    assert.equal(toErrorRecord('text').message, 'text');
  });
});

const KEYS = Array.from({ length: 5 }, () => createIdentity().key);

describe('rights on the bus', () => {
  const users: BusUser[] = [
    { kind: 'node', id: 'n1', key: KEYS[0]! },
    { kind: 'former', id: 'n0', key: KEYS[1]! },
    { kind: 'join', id: 't1', key: KEYS[2]! },
    { kind: 'controller', key: KEYS[3]! },
    { kind: 'announcer', id: 'paas', key: KEYS[4]! },
  ];

  it('let nobody who may answer publish to what he hears himself', () => {
    for (const user of users) {
      const { publish, subscribe, allowResponses } = permissionsOf(user);
      if (!allowResponses) continue;
      for (const heard of subscribe) assert.ok(!publish.some((said) => overlap(said, heard)));
    }
  });

  it('let controllers alone reach JetStream', () => {
    for (const user of users) {
      const reaches = permissionsOf(user).publish.some((subject) => subject.startsWith('$'));
      assert.equal(reaches, user.kind === 'controller');
    }
  });

  it('are written in the same order for the same users', () => {
    assert.deepEqual(busUsersValues(users), busUsersValues([...users].reverse()));
    assert.deepEqual(
      busUsersValues(users).announcers.map(({ name }) => name),
      ['paas'],
    );
  });

  it('are of one identity for each key, whatever an old document has, and of no key that is none', () => {
    const twice = users.map((user) => ({ ...user, key: KEYS[0]! }));
    const owner = (among: BusUser[]) => {
      const view = busUsersValues(among);
      assert.equal(view.users.length + view.announcers.length, 1);
      return view.announcers[0]?.name ?? view.users[0]!.publish[0];
    };
    assert.equal(owner(twice), 'kato.ask.>');
    const others = twice.filter(({ kind }) => kind !== 'controller');
    assert.equal(owner(others), 'paas');
    const ofKinds = (...kinds: string[]) => others.filter(({ kind }) => kinds.includes(kind));
    assert.equal(owner(ofKinds('join', 'node')), 'kato.join.t1');
    assert.equal(owner(ofKinds('node', 'former')), 'kato.op.n1.>');
    const wrong = { kind: 'node', id: 'n2', key: `U${'A'.repeat(55)}` } as const;
    assert.deepEqual(busUsersValues([...users, wrong]), busUsersValues(users));
  });

  /** Whether some subject is in both patterns. */
  function overlap(a: string, b: string): boolean {
    const [left, right] = [a.split('.'), b.split('.')];
    for (let i = 0; ; i++) {
      if (left[i] === '>' || right[i] === '>') return true;
      if (left[i] === undefined || right[i] === undefined) return left[i] === right[i];
      if (left[i] !== right[i] && left[i] !== '*' && right[i] !== '*') return false;
    }
  }
});
