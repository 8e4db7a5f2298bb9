import assert from 'node:assert/strict';
import { type Machine, machine } from './kato.ts';

/** What is typed, and what the three lines on stderr start with. All end with exit code 2. */
const WRONG: readonly [string, string, string?][] = [
  ['statsu', "there is no command 'statsu'", "did you mean 'status'?"],
  ['node lsit', "kato node has no command 'lsit'", "did you mean 'list'?"],
  ['node setup', 'kato node setup needs one more word', 'it is one of core, load_balancer'],
  ['op', 'kato op needs one more word', 'it is one of custom_ssl_cert'],
  ['help nothing', "there is no command 'nothing'"],
  ['status --josn', 'kato status has no flag --josn', "did you mean '--json'?"],
  ['status now', "kato status does not take 'now'"],
  ['node remove', 'kato node remove needs NODE'],
  ['route add shop.example.com', 'kato route add needs BACKENDS'],
  ['role add', 'kato role add needs a ROLE'],
  ['role add --all redis', '--all takes no role'],
  ['role remove --purge-data --all', '--purge-data needs the roles by name'],
  ['token create --ttl soon', "--ttl cannot be 'soon'"],
  ['token create --uses many', 'kato token create: '],
  ['history --limit 0', 'kato history: '],
  ['check --format xml', 'kato check: Expected --format=xml'],
  ['completion ksh', 'kato completion: Expected ksh'],
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
      if (why !== undefined) assert.equal(second, `  why:  ${why}`);
      assert.deepEqual([exitCode, stdout], [2, '']);
    });
  }

  it('are told as a value with --json, with the same exit code', async () => {
    const { exitCode, stdout, stderr } = await here.kato('status', '--what', '--json');
    assert.equal(JSON.parse(stdout).error.code, 'USAGE');
    assert.deepEqual([exitCode, stderr], [2, '']);
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
    assert.match(stderr, /^kato: no agent runs on this machine\n {2}why: .+\n {2}next: .+\n$/);
  });

  it('shows no stack, unless it is asked for', async () => {
    assert.doesNotMatch((await here.kato('status')).stderr, / at /);
    assert.match((await here.kato('status', '--debug')).stderr, /\n {4}at /);
  });

  it('is critical for monitoring', async () => {
    const { exitCode, stdout } = await here.kato('check', '--format', 'nagios');
    assert.equal(exitCode, 2);
    assert.match(stdout, /^KATO CRITICAL - no agent runs on this machine/);
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
