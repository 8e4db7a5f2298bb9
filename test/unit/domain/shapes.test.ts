import assert from 'node:assert/strict';
import * as v from 'valibot';
import {
  amount,
  isoTime,
  list,
  shaped,
  table,
  text,
  whole,
  word,
} from '../../../src/domain/base/shapes.ts';

const faultOf = (shape: v.GenericSchema, given: unknown) => shaped(shape, given).fault;

describe('shapes of what others send', () => {
  it('hold what is small enough, and name the first fault', () => {
    const shape = v.strictObject({ names: list(word, 2), of: table(word, whole(0), 1) });
    assert.deepEqual(shaped(shape, { names: ['a'], of: { b: 1 } }).value, {
      names: ['a'],
      of: { b: 1 },
    });
    assert.match(faultOf(shape, { names: ['a', 'b', 'c'], of: {} })!, /^names: not a list of at/);
    assert.match(faultOf(shape, { names: [], of: { a: 1, b: 2 } })!, /^of: not a table of at most/);
    assert.match(faultOf(shape, { names: ['a'.repeat(257)], of: {} })!, /^names\.0: more than 256/);
  });

  it('take numbers that can be counted with', () => {
    for (const wrong of [JSON.parse('1e999'), -1, 1.5, Number.NaN, '1', null]) {
      assert.ok(faultOf(whole(0), wrong));
    }
    assert.ok(faultOf(amount(0, 10), 10.1));
    assert.equal(faultOf(amount(0, 10), 9.9), null);
    assert.ok(faultOf(isoTime, '2026-99-99T99:99:99Z'));
    assert.equal(faultOf(isoTime, '2026-03-01T12:00:00.000Z'), null);
  });

  it('look at the size first: a million wrong things are told as one', () => {
    const wrong = Array.from({ length: 1_000_000 }, () => 1);
    assert.ok(faultOf(list(word, 1000), wrong));
    assert.ok(faultOf(list(word, 2_000_000), wrong));
    assert.ok(faultOf(text(5), 'x'.repeat(10_000_000)));
  });
});
