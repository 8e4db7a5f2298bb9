import assert from 'node:assert/strict';
import type { ErrorRecord } from '../../../src/domain/base/error-codes.ts';
import { hint } from '../../support/said/hint.ts';
import { type Machine, machine } from './kato.ts';

/** What is typed, and what the three lines on stderr start with. All end with exit code 2. */
const WRONG: readonly [string, string, string?][] = [
  ['statsu', "there is no command 'statsu'", "did you mean 'status'?"],
  ['stauts', "there is no command 'stauts'", "did you mean 'status'?"],
  ['log tail', "there is no command 'log'", 'there are check, completion, config, '],
  ['attach 10.0.0.1', "there is no command 'attach'", "did you mean 'kato node attach'?"],
  ['node add 10.0.0.1', "kato node has no command 'add'", "did you mean 'kato node attach'?"],
  ['inspect', "there is no command 'inspect'", "did you mean 'kato check'?"],
  ['constructor', "there is no command 'constructor'", 'there are check, completion, config, '],
  ['-v status', 'kato has no flag -v of its own', 'flags come after the command'],
  ['node lsit', "kato node has no command 'lsit'", "did you mean 'list'?"],
  ['node setup', 'kato node setup needs one more word', 'it must be one of core, load_balancer'],
  ['op', 'kato op needs one more word', 'it must be one of custom_ssl_cert'],
  ['help nothing', "there is no command 'nothing'"],
  ['status --josn', 'kato status has no flag --josn', "did you mean '--json'?"],
  ['status now', "kato status does not take 'now'"],
  ['node remove', 'kato node remove needs NODE'],
  ['route add shop.example.com', 'kato route add needs BACKENDS'],
  ['role add', 'kato role add needs a ROLE'],
  ['role info -n h2 redis', '--node goes with --secret'],
  ['role add --all redis', '--all takes no role names'],
  ['role remove --purge-data --all', '--purge-data needs the roles by name'],
  ['token create --ttl soon', "--ttl cannot be 'soon'"],
  ['token create --uses many', "--uses cannot be 'many'", 'it must be a whole number'],
  ['history --limit 0', "--limit cannot be '0'", 'it must be a whole number, 1 or more'],
  ['history --limit 2000', "--limit cannot be '2000'", 'it must be a whole number, 1000 or less'],
  ['history --limit', '--limit needs a value'],
  ['history --limit 1 --limit 2', '--limit is given twice'],
  ['process list -n h2 -c', '--cluster and --node cannot be used together'],
  ['role add --all --only', '--all and --only cannot be used together'],
  ['route announcer add shop', 'kato route announcer add needs --host'],
  [
    'check --format xml',
    "--format cannot be 'xml'",
    'it must be one of text, json, nagios, prometheus',
  ],
  [
    'node attach --token x --token-file y 10.0.0.1',
    '--token-file and --token cannot be used together',
  ],
  ['completion ksh', "kato completion cannot be 'ksh'", 'it must be one of bash, zsh, fish'],
  ['process ready', 'kato process ready needs PROCESS'],
];

describe('words that are wrong', () => {
  let here: Machine;
  before(async () => {
    here = await machine({ agent: false });
  });
  after(() => here.end());

  for (const [words, message, why] of WRONG) {
    it(`kato ${words}`, async () => {
      const { exitCode, stdout, stderr } = await here.kato(...words.split(' '));
      const [first = '', second = ''] = stderr.split('\n');
      assert.ok(first.startsWith(`kato: ${message}`), stderr);
      if (why !== undefined) assert.ok(second.startsWith(`  why:  ${why}`), stderr);
      assert.ok(
        stderr.split('\n').every((line) => line.length <= 100),
        stderr,
      );
      assert.deepEqual([exitCode, stdout], [2, '']);
    });
  }

  it('are told as a value with --json, with the same exit code', async () => {
    const { exitCode, stdout, stderr } = await here.kato('status', '--what', '--json');
    assert.equal(JSON.parse(stdout).error.code, 'USAGE');
    assert.deepEqual([exitCode, stderr], [2, '']);
  });
});

describe('a bug in kato', () => {
  it('is said to be one, with its place for who reports it', async () => {
    const here = await machine({ agent: true });
    here.answers.status = () => null;
    const { exitCode, stdout } = await here.kato('status', '--json');
    const { error } = JSON.parse(stdout) as { error: ErrorRecord };
    assert.deepEqual([exitCode, error.code], [1, 'INTERNAL']);
    hint(
      error.next,
      'domain/base/error.ts: this is a bug in kato: run the command again with --debug and report what it prints',
    );
    const { stderr } = await here.kato('status', '--debug');
    assert.match(stderr, /TypeError: .*\n +at .*(kato\.js|status).*:\d+/);
    here.end();
  });
});

describe('a user who may not ask the agent', () => {
  it('knows nothing, which is no finding for monitoring', async () => {
    const here = await machine({ agent: true });
    const as = 'setpriv --reuid=nobody --regid=nogroup --clear-groups';
    await here.type('chmod 755 "$KATO_ROOT"');
    const { exitCode, stdout } = await here.type(`${as} kato check --format nagios`);
    assert.match(stdout, /^KATO UNKNOWN - /);
    assert.deepEqual([exitCode, here.asked], [3, []]);
    here.end();
  });
});

describe('kato where no agent runs', () => {
  let here: Machine;
  before(async () => {
    here = await machine({ agent: false });
  });
  after(() => here.end());

  it('says so, and what to do', async () => {
    const { exitCode, stderr } = await here.kato('status');
    assert.equal(exitCode, 3);
    assert.match(
      stderr,
      /^kato: this machine is not a node of a cluster\n {2}why: .+\n {2}next: [\s\S]+\n$/,
    );
  });

  it('shows no stack, unless it is asked for', async () => {
    assert.doesNotMatch((await here.kato('status')).stderr, / at /);
    assert.match((await here.kato('status', '--debug')).stderr, /\n {4}at /);
  });

  it('is critical for monitoring', async () => {
    const { exitCode, stdout } = await here.kato('check', '--format', 'nagios');
    assert.equal(exitCode, 2);
    assert.match(stdout, /^KATO CRITICAL - this machine is not a node of a cluster/);
  });

  it('knows its version, and what roles are', async () => {
    const versions = JSON.parse((await here.kato('version', '--json')).stdout);
    assert.equal(versions.agent, null);
    assert.match((await here.kato('role', 'info', 'redis')).stdout, /nodes +unknown/);
  });

  it('helps with every command, within 100 columns and with examples', async () => {
    const { stdout } = await here.kato('role', 'add', '--help');
    assert.match(stdout, /USAGE[\s\S]+\$ kato role add [\s\S]+EXAMPLES/);
    assert.ok(stdout.split('\n').every((line) => line.length <= 100));
    assert.match((await here.kato('help', 'node')).stdout, /node setup[\s\S]+node list/);
    assert.match((await here.kato()).stdout, /COMMANDS[\s\S]+status/);
  });
});
