import assert from 'node:assert/strict';
import { parseDeaths, parseStatus, stateOf } from '../../../src/machine/s6/process-state.ts';

const NOW = Date.parse('2026-11-21T01:39:12.656Z');
const up = {
  up: true,
  wantedUp: true,
  ready: true,
  pid: 7,
  changedAt: NOW - 60_000,
  readyAt: NOW - 60_000,
};
const down = { ...up, up: false, ready: false, pid: null };
const secondsAgo = (...ages: number[]) => ages.map((age) => NOW - age * 1000);

describe('the state of a process', () => {
  it('is read from what s6 says, in UTC', () => {
    const line = 'true true true 6782 @400000006b00f64126ea5a21 @400000006b00f6420a30386d\n';
    const status = parseStatus(line);
    assert.equal(new Date(status.changedAt).toISOString(), '2026-11-21T01:38:36.652Z');
    assert.deepEqual(
      { ...status, changedAt: 0, readyAt: 0 },
      { ...up, pid: 6782, changedAt: 0, readyAt: 0 },
    );
    assert.equal(parseStatus(line.replace('true', 'false').replace('6782', '-1')).pid, null);
    const deaths = parseDeaths(
      '@400000006b00f64126ea5a21 signal SIGKILL\n@400000006b00f6420a30386d exitcode 1\n',
    );
    assert.deepEqual(deaths, [status.changedAt, status.readyAt]);
  });

  it('follows from it', () => {
    assert.equal(stateOf({ ...down, wantedUp: false }, [], NOW), 'STOPPED');
    assert.equal(stateOf(down, [], NOW), 'STARTING');
    assert.equal(stateOf({ ...up, ready: false }, [], NOW), 'STARTING');
    assert.equal(stateOf(up, [], NOW), 'RUNNING');
    assert.equal(stateOf({ ...up, wantedUp: false }, [], NOW), 'RUNNING');
  });

  it('is FATAL after three deaths in thirty seconds, until it holds again', () => {
    assert.equal(stateOf(down, secondsAgo(1, 2), NOW), 'STARTING');
    assert.equal(stateOf(down, secondsAgo(1, 2, 3), NOW), 'FATAL');
    assert.equal(stateOf(down, secondsAgo(1, 2, 31), NOW), 'STARTING');
    assert.equal(stateOf({ ...up, readyAt: NOW - 500 }, secondsAgo(1, 2, 3), NOW), 'FATAL');
    assert.equal(stateOf({ ...up, readyAt: NOW - 4000 }, secondsAgo(5, 6, 7), NOW), 'RUNNING');
  });

  it('does not follow from deaths and readiness of before the clock was set back', () => {
    assert.equal(stateOf(down, secondsAgo(-3600, -3601, -3602), NOW), 'STARTING');
    assert.equal(stateOf(up, secondsAgo(-3600, -3601, -3602), NOW), 'RUNNING');
    const ahead = { ...up, readyAt: NOW + 3_600_000 };
    assert.equal(stateOf(ahead, secondsAgo(1, 2, 3), NOW), 'RUNNING');
    assert.equal(stateOf(down, secondsAgo(-3600, 1, 2, 3), NOW), 'FATAL');
  });

  it('is STOPPED when it was stopped, however often it had died', () => {
    assert.equal(stateOf({ ...down, wantedUp: false }, secondsAgo(1, 2, 3), NOW), 'STOPPED');
  });
});
