import assert from 'node:assert/strict';
import { until } from '../../support/until.ts';
import { type Machine, machine, STATUS } from './kato.ts';

describe('what kato prints', () => {
  let here: Machine;
  beforeEach(async () => {
    here = await machine({ agent: true });
    here.answers.status = () => STATUS;
  });
  afterEach(() => here.end());

  it('is the value and nothing else with --json', async () => {
    const { exitCode, stdout, stderr } = await here.kato('status', '--json');
    assert.deepEqual(JSON.parse(stdout), STATUS);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.deepEqual(JSON.parse((await here.kato('status', '-aj')).stdout), STATUS);
  });

  it('is a value also where it is false or nothing', async () => {
    here.answers['config.get'] = () => false;
    assert.equal((await here.kato('config', 'get', 'a', 'b', '-j')).stdout, 'false\n');
    here.answers['config.get'] = () => '';
    assert.equal((await here.kato('config', 'get', 'a', 'b', '-j')).stdout, '""\n');
  });

  it('has no colours where it is read by a program', async () => {
    const { stdout } = await here.kato('status');
    assert.match(stdout, /\n\* core {2}10\.0\.0\.1 {2}active /);
    assert.ok(!stdout.includes('\x1b'));
  });

  it('has colours on a terminal, unless NO_COLOR is set', async () => {
    const typed = (env: string) =>
      here.type(`script -qec "${env} TERM=xterm kato status" /dev/null`);
    const green = '\x1b[32mactive';
    assert.ok((await typed('COLORTERM=truecolor')).stdout.includes(green));
    assert.ok(!(await typed('NO_COLOR=1')).stdout.includes(green));
  });

  it('comes from what the node knew last, with exit code 5, when the bus is away', async () => {
    const warnings = [{ code: 'BUS_AWAY', message: 'the bus is away' }];
    here.answers.status = () => ({ ...(STATUS as object), warnings });
    const { exitCode, stdout } = await here.kato('status');
    assert.equal(exitCode, 5);
    assert.match(stdout, /^! the bus is away\n\n/);
  });

  it('may be read by who stops reading', async () => {
    const { exitCode, stderr } = await here.type('set -o pipefail; kato status | head -c 1');
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  it('is an error without a stack where it cannot be written', async () => {
    const { exitCode, stderr } = await here.type('kato status > /dev/full');
    assert.equal(exitCode, 1);
    assert.match(stderr, /^kato: cannot write the output\n {2}why: {2}ENOSPC.*\n$/);
  });

  it('is shown again when it changes, until Ctrl-C, with --watch', async () => {
    const watching = here.start('status', '--watch');
    await until(() => watching.stdout.includes('revision 7'), { what: 'the status', seconds: 10 });
    const cluster = { id: 'c1', endpoint: 'api.example.com', core: '10.0.0.1', revision: 8 };
    here.answers.status = () => ({ ...(STATUS as object), cluster });
    await until(() => watching.stdout.includes('revision 8'), { what: 'the change', seconds: 10 });
    const { exitCode, stderr } = await watching.kill('SIGINT');
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  it('ends with 130 when it is interrupted', async () => {
    here.answers.status = () => new Promise(() => {});
    const asking = here.start('status');
    await until(() => here.asked.length > 0, { what: 'the agent was asked', seconds: 10 });
    assert.equal((await asking.kill('SIGINT')).exitCode, 130);
  });

  it('does not depend on the umask of the shell: folders that it makes can be entered', async () => {
    const hook = 'data:text/javascript,process.on(`exit`,()=>console.error(process.umask()))';
    const line = `umask 077; export NODE_OPTIONS='--import ${hook}'; kato version`;
    const { stderr } = await here.type(line);
    assert.equal(stderr.trim(), String(0o022));
  });
});
