import assert from 'node:assert/strict';
import {
  countRefusal,
  forgetRefusals,
  type Refusals,
  refusalsToLog,
} from '../../../src/domain/traffic/refusals.ts';

const SECOND = 1000;

describe('refused announcements', () => {
  it('are logged at once, then at most once a minute for each reason, with their number', () => {
    const refusals: Refusals = new Map();
    const lines: [number, string][] = [];
    for (let second = 0; second < 150; second++) {
      countRefusal(refusals, 'shop', 'host', 'evil.org', second * SECOND);
      if (second === 30) countRefusal(refusals, 'blog', 'form', 'port: missing', second * SECOND);
      const due = refusalsToLog(refusals, second * SECOND);
      lines.push(...due.map((line): [number, string] => [second, line]));
    }
    const shop = 'an announcement of shop is refused';
    const host = 'a host name that it may not announce: evil.org';
    assert.deepEqual(lines, [
      [0, `${shop}: ${host}`],
      [30, 'an announcement of blog is refused: not of the form: port: missing'],
      [60, `${shop}, 60 times: ${host}`],
      [120, `${shop}, 60 times: ${host}`],
    ]);
  });

  it('are forgotten ten minutes after the last, and with their announcer', () => {
    const refusals: Refusals = new Map();
    countRefusal(refusals, 'shop', 'host', 'a.org', 0);
    countRefusal(refusals, 'shop', 'quota', 'b.org', 500 * SECOND);
    countRefusal(refusals, 'blog', 'host', 'c.org', 500 * SECOND);
    forgetRefusals(refusals, (name) => name !== 'blog', 601 * SECOND);
    assert.deepEqual([...refusals.keys()], ['shop']);
    assert.deepEqual([...refusals.get('shop')!.keys()], ['quota']);
  });
});
