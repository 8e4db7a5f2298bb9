import assert from 'node:assert/strict';
import { decodeJoinToken, encodeJoinToken } from '../../../src/bus/joining/join-token.ts';

const TOKEN = {
  address: '10.0.0.5',
  port: 4222,
  fingerprint: 'ab'.repeat(32),
  clusterId: 'c-1_2',
  seed: `SU${'A'.repeat(56)}`,
  id: 't1',
  secret: 'open sesame',
};

describe('join token', () => {
  it('comes back whole, from one word, whatever space is around it', () => {
    const word = encodeJoinToken(TOKEN);
    assert.match(word, /^kato1\.[A-Za-z0-9_-]+$/);
    assert.deepEqual(decodeJoinToken(`  ${word}\n`), TOKEN);
  });

  it('is malformed when any one character is missing or another', () => {
    const word = encodeJoinToken(TOKEN);
    for (let i = 0; i < word.length; i++) {
      const other = word[i] === 'A' ? 'B' : 'A';
      assertMalformed(word.slice(0, i) + word.slice(i + 1));
      assertMalformed(word.slice(0, i) + other + word.slice(i + 1));
    }
  });

  it('is malformed when it is nothing of the kind', () => {
    const wrong = ['', 'kato1.', 'kato2.abc', 'kato1.€€€', 'x'.repeat(100_000), '\0'];
    for (const text of wrong) assertMalformed(text);
  });

  it('is malformed when a field is what it may not be', () => {
    assertMalformed(encodeJoinToken({ ...TOKEN, port: 70_000 }));
    assertMalformed(encodeJoinToken({ ...TOKEN, address: 'core; rm -rf /' }));
    assertMalformed(encodeJoinToken({ ...TOKEN, clusterId: 'a b' }));
  });
});

function assertMalformed(text: string): void {
  assert.throws(() => decodeJoinToken(text), { name: 'KatoError', code: 'TOKEN_MALFORMED' });
}
