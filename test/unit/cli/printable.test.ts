import assert from 'node:assert/strict';
import { failureLines } from '../../../src/cli/render/failure.ts';
import { statusLines } from '../../../src/cli/render/status.ts';
import { PLAIN, sealedStyle, styleFor } from '../../../src/cli/render/text/style.ts';
import { table } from '../../../src/cli/render/text/table.ts';
import { printable, printableJson, printableValue } from '../../../src/domain/base/printable.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';

const SEAL = 'a seal';
const paint = (code: number, end: number) => (text: string) => `\x1b[${code}m${text}\x1b[${end}m`;
const COLOURS = sealedStyle(
  {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    green: paint(32, 39),
  },
  SEAL,
);

describe('text that a terminal would act on', () => {
  it('is shown as escapes, whatever it would do', () => {
    const shown: [string, string][] = [
      ['\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
      ['\0\b\t\n\v\f\r\x7f', '\\x00\\x08\\t\\n\\x0b\\x0c\\r\\x7f'],
      ['\x80\x9b31m\x9f', '\\x80\\x9b31m\\x9f'],
      ['a\u202eb\u2066c\u200fd\u061c', 'a\\u202eb\\u2066c\\u200fd\\u061c'],
      ['\u2028\u2029\u200b\ufeff\u00ad', '\\u2028\\u2029\\u200b\\ufeff\\xad'],
      ['\ud800x\u{e0041}', '\\ud800x\\u{e0041}'],
    ];
    for (const [text, told] of shown) assert.equal(printable(text), told);
  });

  it('is every character of these kinds, and no other', () => {
    const bad = [
      ...[0, 0x1f, 0x7f, 0x80, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029],
      ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
    ];
    for (let code = 0; code < 0x20; code++) bad.push(code);
    for (let code = 0x7f; code < 0xa0; code++) bad.push(code);
    for (const code of bad)
      assert.match(printable(String.fromCodePoint(code)), /^\\/, String(code));
    const good = 'web-1.example.com/cart_~ "äöü" \\x1b 日本語 🚀 العربية';
    assert.equal(printable(good), good);
  });

  it('is escaped once, however often it passes', () => {
    const once = printable('a\x1b[31mb\n\u202e');
    assert.equal(printable(once), once);
  });

  it('is escaped in every field of a value and in their names; ends of lines are left to who renders', () => {
    const value = {
      'na\x1bme': ['\x9b', { deep: 'a\nb\r', number: 1, no: null, yes: true }],
    };
    assert.deepEqual(printableValue(value), {
      'na\\x1bme': ['\\x9b', { deep: 'a\nb\\r', number: 1, no: null, yes: true }],
    });
    assert.equal(printableValue(false), false);
  });

  it('is escaped in JSON so that the value is the same', () => {
    const value = { 'k\u202e': ['\x1b\x7f\x9b\u2028\u{e0041}\n', 'ä'] };
    const json = printableJson(JSON.stringify(value, null, 2));
    assert.deepEqual(JSON.parse(json), value);
    assert.match(json, /^[\n\x20-\x7eä]+$/);
  });
});

describe('a table', () => {
  it('is measured by what is shown', () => {
    const rows = [
      ['a\x1bb', 'x'],
      ['abcdefgh', 'y\nz'],
    ];
    assert.deepEqual(table(rows, 100), ['a\\x1bb    x', 'abcdefgh  y\\nz']);
  });
});

describe('colours', () => {
  const HOSTILE = '\x1b[31mred\x1b[39m';

  it('are those of kato alone: what data has of them is shown', () => {
    const line = `${COLOURS.green(HOSTILE)} ${HOSTILE} ${COLOURS.bold('b')}`;
    const told = '\\x1b[31mred\\x1b[39m';
    assert.equal(COLOURS.shown(line), `\x1b[32m${told}\x1b[39m ${told} \x1b[1mb\x1b[22m`);
  });

  it('cannot be forged by who does not know the seal of this one process', async () => {
    const one = COLOURS.shown(`${SEAL}\x1b[5mblinking ${SEAL}x`);
    assert.equal(one, '\\x1b[5mblinking x', 'nor anything else by who does');
    const colours = await styleFor({ isTTY: true });
    const line = colours.green('x').replaceAll(/[0-9a-f-]{36}/g, crypto.randomUUID());
    assert.ok(!colours.shown(line).includes('\x1b'));
  });

  it('are none where nothing is painted', () => {
    assert.equal(PLAIN.shown(PLAIN.red(HOSTILE)), '\\x1b[31mred\\x1b[39m');
    const asIs = (text: string) => text;
    const none = sealedStyle({ bold: asIs, dim: asIs, red: asIs, yellow: asIs, green: asIs }, SEAL);
    assert.equal(none.shown(`${none.red('a')}b`), 'ab');
  });

  it('do not garble warnings of several lines', () => {
    const warnings = [{ code: 'NODE_DEAD' as const, message: 'word '.repeat(40).trim() }];
    const [first = '', second = ''] = statusLines(statusWith({ warnings }), COLOURS, 100);
    for (const [line, begins] of [
      [first, '! word'],
      [second, '  word'],
    ] as const) {
      const shown = COLOURS.shown(line);
      assert.ok(shown.startsWith(`\x1b[33m${begins}`) && shown.endsWith('word\x1b[39m'), shown);
    }
  });

  it('keep the columns of a table whose cells are hostile', () => {
    const nodes = [nodeStatus(`w${HOSTILE}`), nodeStatus('web')];
    const painted = statusLines(statusWith({ nodes }), COLOURS, 100).map(COLOURS.shown);
    const columns = painted.slice(-2).map((line) => line.indexOf('10.0.0.'));
    assert.equal(columns[0], columns[1]);
  });
});

describe('an error', () => {
  it('of several lines is indented, so that no line of it looks like another', () => {
    const lines = failureLines(
      { code: 'FAILED', message: 'a\nkato: all is well', why: 'b\x1b' },
      100,
    );
    assert.deepEqual(lines.map(printable), [
      'kato: a',
      '      kato: all is well',
      '  why:  b\\x1b',
    ]);
  });
});
