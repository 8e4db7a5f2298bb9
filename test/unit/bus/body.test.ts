import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { decodeBody, encodeBody } from '../../../src/bus/body.ts';
import { limitsOf, limitsOfAnswer, TRUSTED } from '../../../src/bus/limits.ts';
import { parseSubject } from '../../../src/bus/subjects.ts';

const JOINER = limitsOf(parseSubject('kato.join.token001'));
const NODE = limitsOf(parseSubject('kato.op.n1.report'));
const ANNOUNCER = limitsOf(parseSubject('kato.announce.shop.register'));
const ANSWER = limitsOfAnswer('kato.node.n1.ask.status');

function refused(bytes: Uint8Array, limits: typeof NODE, message: RegExp): void {
  assert.throws(() => decodeBody(bytes, limits), { code: 'BAD_VALUE', message });
}

describe('the body of a message', () => {
  it('comes back as it was said, small or compressed', () => {
    for (const value of [null, { a: ['[', '\\"{', 'ä'] }, 'x'.repeat(100_000)]) {
      assert.deepEqual(decodeBody(encodeBody(value), TRUSTED), value);
    }
    assert.equal(decodeBody(new Uint8Array(), JOINER), null);
  });

  it('that unpacks to more than its sender may say is not unpacked further', () => {
    const packed = (megabytes: number) => gzipSync(`{"a":"${'a'.repeat(megabytes * 1e6)}"}`);
    // Each is as small as its sender may send.
    const [ofJoiner, ofAnnouncer] = [packed(15), packed(31)];
    assert.ok(ofJoiner.length < JOINER.bytes && ofAnnouncer.length < ANNOUNCER.bytes);
    refused(ofJoiner, JOINER, /larger than 16 kB/);
    refused(ofAnnouncer, ANNOUNCER, /larger than 32 kB/);
    refused(ofAnnouncer, ANSWER, /larger than 1024 kB/);
    refused(gzipSync(Buffer.alloc(100_000_000, '[')), NODE, /larger/);
  });

  it('that is larger than its sender may say is not looked at', () => {
    refused(Buffer.alloc(8_000_000, ' '), NODE, /larger than 128 kB/);
    assert.equal(decodeBody(Buffer.from('1'.padEnd(127_000)), NODE), 1);
  });

  it('that is nested for ever is refused before anything is made of it', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    refused(nested(33), NODE, /nested too deeply/);
    decodeBody(nested(32), NODE);
    refused(gzipSync(nested(500_000)), NODE, /nested too deeply/);
    decodeBody(Buffer.from(JSON.stringify(`${'['.repeat(99)}\\"${'{'.repeat(99)}`)), NODE);
  });

  it('that has more in it than anybody says is refused before anything is made of it', () => {
    const many = (unit: string, count: number) =>
      Buffer.from(`[${Array(count).fill(unit).join()}]`);
    for (const unit of ['[]', '{}', '1', '{"a":1}']) {
      refused(gzipSync(many(unit, 100_000)), NODE, /more than 20000 values/);
    }
    decodeBody(gzipSync(many('1', 20_000)), NODE);
    // Commas in a text are text.
    decodeBody(Buffer.from(JSON.stringify(','.repeat(100_000))), NODE);
  });

  it('that is no JSON, or no gzip, is said to be so', () => {
    refused(Buffer.from('{'), NODE, /not JSON/);
    refused(Buffer.from([0x1f, 0x8b, 1, 2, 3]), NODE, /cannot be unpacked/);
  });
});
