import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';
import { type Terminal, terminal } from '../../support/terminal.ts';
import { type Machine, machine } from './kato.ts';

const NODES = ['h1', 'router-in-frankfurt', 'h3'].map((name, i) =>
  nodeStatus(name, {
    self: i === 0,
    address: `10.0.0.${i + 1}`,
    roles: [
      {
        name: i === 0 ? 'redis' : 'router',
        state: 'running',
        processes: [{ name: i === 0 ? 'redis' : 'router', state: 'RUNNING', pid: 1, since: null }],
      },
    ],
  }),
);
const ROUTES = [
  { route: '*.example.com', backends: ['10.0.0.7:8080', '10.0.0.8:8080'], announced: false },
  { route: 'announced.example.com', backends: ['10.0.0.9:80'], announced: true },
];

/** An agent of a cluster with a bit of everything. */
function answerAll({ answers }: Machine): void {
  const roles = (node: (typeof NODES)[number]) => node.roles.map(({ name }) => name);
  answers['node.list'] = () => NODES.map((node) => ({ ...node, roles: roles(node) })) as never;
  answers.status = () => statusWith({ nodes: NODES }) as unknown as Json;
  answers['route.list'] = () => ROUTES;
  answers['token.list'] = () => [
    { id: 'k3m9x2qa', state: 'usable', roles: ['router'] },
    { id: 'q7used22', state: 'used', roles: null },
  ];
  answers['announcer.list'] = () => [{ name: 'shop', hosts: ['shop.example.com'] }];
  answers['certificate.list'] = () => [{ domain: 'shop.example.com' }];
  answers['config.get'] = () => ['10.1.0.0/16'];
}

/** What is typed, and the words that `kato complete` offers for its end. */
const OFFERED: readonly [string, ...string[]][] = [
  ['info -n ', 'h1', 'router-in-frankfurt', 'h3'],
  ['node remove h1,', 'h1,router-in-frankfurt', 'h1,h3'],
  ['node setup load_balancer ', '10.0.0.2', '10.0.0.3'],
  ['node migrate ', '10.0.0.1', '10.0.0.2', '10.0.0.3'],
  ['role add -n h1 r', 'redis', 'router'],
  ['role info pri', 'primary'],
  ['stop -n h3 r', 'router'],
  ['stop r', 'redis'],
  ['role add pri'],
  ['node attach -e router,data', 'router,data-services'],
  ['config get clu', 'cluster'],
  ['config get router http', 'http_port', 'https_port'],
  ['config pop load_balancer trusted_proxies ', '10.1.0.0/16'],
  ['process stop ', 'redis'],
  ['process stop -n h3 ', 'router'],
  ['process list -c ', 'redis', 'router'],
  ['process ready ', 'all', 'redis'],
  ['route remove ', '*.example.com'],
  ['route remove *.example.com 10.0.0.7:8080 ', '10.0.0.8:8080'],
  ['token revoke ', 'k3m9x2qa'],
  ['route announcer remove ', 'shop'],
  ['op custom_ssl_cert remove ', 'shop.example.com'],
  ['status '],
  ['no such command '],
];

describe('kato complete', () => {
  let here: Machine;
  before(async () => {
    here = await machine({ agent: true });
  });
  beforeEach(() => answerAll(here));
  after(() => here.end());

  const offered = async (line: string, asked = here): Promise<string[]> => {
    const words = line.trimStart().split(' ');
    const { exitCode, stdout, stderr } = await asked.kato('complete', '--', ...words);
    assert.deepEqual([exitCode, stderr], [0, '']);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((name) => name.split(' ')[0]!);
  };

  for (const [line, ...words] of OFFERED) {
    it(`offers ${words.join(' ') || 'nothing'} for kato ${line}`, async () => {
      assert.deepEqual(await offered(line), words);
    });
  }

  it('says nothing when the agent refuses, or does not answer in time', async () => {
    here.answers['node.list'] = () => {
      throw refuse('BUS_AWAY', 'the bus is away');
    };
    assert.deepEqual(await offered('info -n '), []);
    here.answers['node.list'] = () => new Promise(() => {});
    assert.deepEqual(await offered('info -n '), []);
  });

  it('knows roles and settings without an agent, and nothing else', async () => {
    const alone = await machine({ agent: false });
    assert.deepEqual(await offered('role add mem', alone), ['memcached']);
    assert.deepEqual(await offered('config set cluster heartbeat.i', alone), [
      'heartbeat.interval',
    ]);
    assert.deepEqual(await offered('info -n ', alone), []);
    alone.end();
  });
});

interface Shell {
  command: string[];
  /** How completion is set up, and how a person leaves all programs but the system's behind. */
  source: string;
  leave: string;
}

const SHELLS: Record<string, Shell> = {
  bash: {
    command: ['bash', '--norc'],
    source: 'source <(kato completion bash)',
    leave: 'PATH=/usr/bin:/bin',
  },
  zsh: {
    command: ['zsh', '-f'],
    source: "PS1='$ '; autoload -U compinit; compinit -u -D; source <(kato completion zsh)",
    leave: 'PATH=/usr/bin:/bin',
  },
  fish: {
    command: ['fish', '--no-config'],
    source: "function fish_prompt; echo '$ '; end; kato completion fish | source",
    leave: 'set PATH /usr/bin /bin',
  },
};

/** What is typed before Tab, and what stands in the line afterwards. */
const TYPED: readonly [string, string][] = [
  ['kato role add mem', 'kato role add memcached'],
  ['kato role add --onl', 'kato role add --only'],
  ['kato role add -n router-', 'kato role add -n router-in-frankfurt'],
  ['kato info --node=rou', 'kato info --node=router-in-frankfurt'],
  ['kato node attach -e router,red', 'kato node attach -e router,redis'],
  ['kato check --format na', 'kato check --format nagios'],
  ['kato token revoke k3', 'kato token revoke k3m9x2qa'],
  ['kato config set cluster heartbeat.i', 'kato config set cluster heartbeat.interval'],
  ['kato route remove ', 'kato route remove \\*.example.com'],
  ['kato route remove "*.exa', 'kato route remove "*.example.com"'],
  ['kato route remove \\*.example.com 10.0.0.7', 'kato route remove \\*.example.com 10.0.0.7:8080'],
  ['kato data export /etc/hostn', 'kato data export /etc/hostname'],
  ['true; kato node set', 'true; kato node setup'],
];
/** A shell that is closed would write into a folder that is being removed. */
const NO_HISTORY = { HISTFILE: '', XDG_DATA_HOME: '/nowhere' };
/** Of a list: the first and the last that can be given, in any order. */
const ROLES = /(?=[\s\S]*\bcontroller\b)(?=[\s\S]*\brouter\b)/;
const FLAG = /(^|\s)--[a-z]/m;
/** Under load a first Tab may find that kato has not answered in time. */
const TABS = 5;

for (const [name, shell] of Object.entries(SHELLS)) {
  describe(`completion, typed in ${name}`, () => {
    let here: Machine;
    let screen: Terminal;

    before(async function () {
      if (!isThere(shell.command[0]!)) this.skip();
      here = await machine({ agent: true });
      answerAll(here);
      const env = { ...here.env, PS1: '$ ', HOME: here.env.KATO_ROOT!, ...NO_HISTORY };
      screen = terminal({ columns: 100, rows: 20, command: shell.command, env });
      await enter(`${shell.source}; echo "it is" ready`);
      await screen.shows('it is ready');
    });
    after(() => {
      screen?.close();
      here?.end();
    });

    async function enter(line: string): Promise<void> {
      screen.press('C-u');
      screen.type(line);
      screen.press('Enter');
    }

    /** Types, presses Tab and then x, so that it is over when the x is there. */
    async function tab(line: string): Promise<string> {
      screen.press('C-u');
      await screen.shows(/(^|\n)\$ *\n$/);
      screen.type(line);
      screen.press('Tab');
      screen.type('x');
      const lines = (await screen.shows(/x *\n$/)).trimEnd().split('\n');
      return lines.at(-1)!.slice('$ '.length);
    }

    for (const [typed, completed] of TYPED) {
      it(`makes ${completed} of ${typed}`, async () => {
        let line = '';
        for (let tabs = 0; tabs < TABS && !line.startsWith(completed); tabs++) {
          line = await tab(typed);
        }
        assert.ok(line.startsWith(completed), `${typed} -> ${line}`);
      });
    }

    it('lists roles where roles belong, and no flag before it is begun', async () => {
      await enter('clear');
      screen.type('kato role add ');
      screen.press('Tab', 'Tab');
      assert.doesNotMatch(await screen.shows(ROLES), FLAG);
      screen.press('C-c');
      await enter('clear');
      screen.type('kato role add --');
      screen.press('Tab', 'Tab');
      await screen.shows(FLAG);
      screen.press('C-c');
    });

    it('inserts nothing where nothing is known, and says nothing', async () => {
      for (const typed of ['kato token create --ttl ', 'kato config set nosuch ', 'kato statsu ']) {
        assert.equal(await tab(typed), `${typed}x`);
      }
    });

    it('goes on at once when the agent does not answer', async () => {
      here.answers['node.list'] = () => new Promise(() => {});
      assert.equal(await tab('kato info -n '), 'kato info -n x');
      answerAll(here);
    });

    it('starts no program for the words of kato itself', async () => {
      await enter(`${shell.leave}; echo "it has" gone`);
      await screen.shows('it has gone');
      assert.match(await tab('kato node se'), /^kato node setup ?x$/);
      assert.match(await tab('kato role add --onl'), /^kato role add --only ?x$/);
    });
  });
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}
