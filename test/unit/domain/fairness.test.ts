import assert from 'node:assert/strict';
import { type Asker, fairQueue } from '../../../src/domain/base/fair-queue.ts';
import { meter } from '../../../src/domain/base/rate.ts';

const asker = (id: string, first = false): Asker => ({ id, first, waitingMax: 3 });

describe('the queue of those who ask for changes', () => {
  const all = (queue: ReturnType<typeof fairQueue<string>>): string[] => {
    const taken: string[] = [];
    for (let item = queue.next(); item !== undefined; item = queue.next()) taken.push(item);
    return taken;
  };

  it('gives each asker one turn in a round, in the order they came', () => {
    const queue = fairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(asker(item[0]!), item);
    assert.deepEqual(all(queue), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('takes admins first, and every second turn someone else', () => {
    const queue = fairQueue<string>();
    for (const item of ['a1', 'a2', 'b1']) queue.add(asker(item[0]!), item);
    for (const item of ['x1', 'x2', 'x3']) queue.add(asker('x', true), item);
    assert.deepEqual(all(queue), ['x1', 'a1', 'x2', 'b1', 'x3', 'a2']);
  });

  it('takes no more of one asker than may wait, and takes him again later', () => {
    const queue = fairQueue<string>();
    const taken = ['a1', 'a2', 'a3', 'a4'].map((item) => queue.add(asker('a'), item));
    assert.deepEqual(taken, [true, true, true, false]);
    assert.ok(queue.add(asker('b'), 'b1'));
    assert.equal(queue.next(), 'a1');
    assert.ok(queue.add(asker('a'), 'a5'));
    assert.deepEqual(all(queue), ['b1', 'a2', 'a3', 'a5']);
  });
});

describe('the meter of senders', () => {
  const rate = { burst: 3, perSecond: 2 };

  it('lets a burst through, then so much a second, for each sender by itself', () => {
    const { takes } = meter();
    const at = (ms: number, sender = 'a') => takes(sender, rate, 1, ms);
    assert.deepEqual([at(0), at(0), at(0), at(0)], [true, true, true, false]);
    assert.ok(at(0, 'b'));
    assert.deepEqual([at(400), at(500), at(501)], [false, true, false]);
    assert.deepEqual([at(90_000), at(90_000), at(90_000), at(90_000)], [true, true, true, false]);
  });

  it('counts afterwards what an answer cost, within limits', () => {
    const { takes, pays } = meter();
    assert.ok(takes('a', rate, 1, 0));
    pays('a', rate, 1000);
    assert.deepEqual([takes('a', rate, 1, 1900), takes('a', rate, 1, 2100)], [false, true]);
    pays('nobody', rate, 1000);
    assert.ok(takes('nobody', rate, 3, 0));
  });

  it('counts what is large for more', () => {
    const { takes } = meter();
    assert.deepEqual([takes('a', rate, 2.5, 0), takes('a', rate, 1, 0)], [true, false]);
    assert.ok(takes('a', rate, 1, 250));
  });
});
