import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Definition } from '../../../src/cli/completion/named.ts';
import { offersFor } from '../../../src/cli/completion/offers.ts';
import { type Choice, casesOf, treeOf } from '../../../src/cli/completion/tree.ts';
import { wantedAt } from '../../../src/cli/completion/wanted.ts';
import { KatoConfig } from '../../../src/cli/framework/config.ts';
import { assertGolden } from '../../support/golden.ts';

const DEFINITION: Definition = {
  id: 'thing:do',
  hidden: false,
  summary: 'Do it.',
  args: { route: { names: 'route' }, backends: { names: 'backend', multiple: true, list: true } },
  flags: {
    node: { type: 'option', char: 'n', names: 'node' },
    limit: { type: 'option' },
    format: { type: 'option', options: ['text', 'json'] },
    force: { type: 'boolean', char: 'f' },
    wait: { type: 'boolean', allowNo: true },
    debug: { type: 'boolean', hidden: true },
  },
};

describe('what the last of some words may become', () => {
  const kindAt = (...words: string[]) => wantedAt(DEFINITION, words)?.taker.names ?? null;

  it('is the argument whose turn it is; the last one is repeated', () => {
    assert.equal(kindAt(''), 'route');
    assert.equal(kindAt('a', 'b'), 'backend');
    assert.equal(kindAt('a', 'b', 'c', ''), 'backend');
  });

  it('is the value of the flag before it, in whichever way that is written', () => {
    assert.equal(kindAt('-n', 'h'), 'node');
    assert.equal(kindAt('--node', ''), 'node');
    assert.equal(kindAt('--limit', ''), null);
  });

  it('is an argument again behind the value, and behind flags that have none', () => {
    for (const flag of [['-n', 'h1'], ['-nh1'], ['--node=h1'], ['-f'], ['--no-wait'], ['--what']]) {
      assert.equal(kindAt(...flag, ''), 'route', flag.join(' '));
    }
    assert.equal(kindAt('--', '-n', ''), 'backend');
  });

  it('is a flag where a dash begins it, which the shells know', () => {
    assert.equal(kindAt('-'), null);
    assert.equal(kindAt('--', '-'), 'route');
  });

  it('may depend on what was said before', () => {
    const wanted = wantedAt(DEFINITION, ['-n', 'h1', 'shop', '10.0.0.1:80', ''])!;
    assert.deepEqual(wanted.flags, { node: 'h1' });
    assert.deepEqual(wanted.args, { route: 'shop', backends: '10.0.0.1:80' });
    assert.deepEqual(wanted.said, ['10.0.0.1:80']);
  });

  it('is nothing where all arguments are there', () => {
    const args = { shell: { options: ['bash'] } };
    assert.equal(wantedAt({ args, flags: {} }, ['bash', '']), null);
  });
});

describe('names that are offered', () => {
  const names = ['redis', 'router', 'memcached'].map((word) => ({ word, help: `${word}?` }));
  const offers = (typed: string, said: string[] = [], list = true): string[] =>
    offersFor({ taker: { list, also: ['all'] }, typed, said, args: {}, flags: {} }, names);

  it('begin as typed, and say what they are', () => {
    assert.deepEqual(offers('r'), ['redis redis?', 'router router?']);
    assert.deepEqual(offers('a'), ['all ']);
  });

  it('complete the last item of a list, without those that it has', () => {
    assert.deepEqual(offers('router,r'), ['router,redis redis?']);
    assert.deepEqual(offers('router,redis,r'), []);
    assert.deepEqual(offers('r', ['redis,memcached']), ['router router?']);
  });

  it('are no list where commas are a part of the word', () => {
    assert.deepEqual(offers('redis,r', [], false), []);
  });

  it('are each there once, and none that a terminal would not show as it is', () => {
    const odd = ['a', 'a', 'b c', 'd\x1b[2J', ''].map((word) => ({ word, help: 'x\x1by\n' }));
    const wanted = { taker: {}, typed: '', said: [], args: {}, flags: {} };
    assert.deepEqual(offersFor(wanted, odd), ['a x y ']);
  });
});

describe('what the script of a shell knows', () => {
  const tree = treeOf([DEFINITION, { ...DEFINITION, id: 'secret', hidden: true }], []);

  it('is every visible word, with the way to turn off what is on by itself', () => {
    assert.deepEqual(tree.places, ['thing', 'thing do']);
    const words = (key: string) =>
      (tree.takes.get(key) as readonly Choice[]).map((one) => one.word);
    assert.deepEqual(words('@1'), ['thing']);
    assert.deepEqual(words('thing @1'), ['do']);
    assert.deepEqual(words('thing do --format'), ['text', 'json']);
    assert.deepEqual(words('thing do -'), [
      '--node',
      '--limit',
      '--format',
      '--force',
      '--no-wait',
      '--help',
    ]);
  });

  it('is where names are wanted, and an argument before those that are repeated comes first', () => {
    assert.equal(tree.takes.get('thing do -n'), 'names');
    assert.equal(tree.takes.get('thing do --limit'), 'nothing');
    const keys = casesOf(tree).flatMap((one) => one.keys);
    assert.ok(keys.indexOf('thing do @1') < keys.indexOf('thing do @*'));
  });

  it('is for every command as the golden file tells', async () => {
    const definitions = await new KatoConfig().definitions();
    const lines = definitions.filter(({ hidden }) => !hidden).flatMap(takersOf);
    assertGolden(join(import.meta.dirname, 'golden/completion.txt'), `${lines.join('\n')}\n`);
  });
});

/** `role add ROLES: role to add, with commas`. */
function takersOf({ id, args, flags }: Definition): string[] {
  const values = Object.entries(flags).filter(
    ([, { type, hidden }]) => type === 'option' && !hidden,
  );
  return [
    ...Object.entries(args).map(([name, arg]) => [name.toUpperCase(), arg] as const),
    ...values.map(([name, flag]) => [`--${name}`, flag] as const),
  ].map(([name, { names, list, also = [], options }]) => {
    const what = [
      names ?? options?.join('|') ?? 'nothing',
      ...also,
      ...(list ? ['with commas'] : []),
    ];
    return `${id.replaceAll(':', ' ')} ${name}: ${what.join(', ')}`;
  });
}
