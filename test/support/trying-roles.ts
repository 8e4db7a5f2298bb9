/** Files of roles whose programs try the patience of their node. */

/** Gets ready when somebody says so, and until then as late as a large database. */
export const GATE = '/run/slow-is-ready';
const SLOW = `
summary: Takes its time
processes:
  - name: slow
    argv: [/usr/bin/sleep, infinity]
    ready: { command: [/usr/bin/test, -e, ${GATE}], seconds: 120 }
`;
const FOLLOWER = `
summary: Needs the slow one on its node
processes:
  - name: follower
    argv: [/usr/bin/sleep, infinity]
    after: [slow]
`;
/** The argv of a program that takes two seconds to end. */
const slowToEnd = (...lines: string[]): string => `    argv:
      - /usr/bin/python3
      - -c
      - |
        import signal, socket, time
        def end(*_):
            time.sleep(2)
            raise SystemExit
        signal.signal(signal.SIGTERM, end)
${lines.map((line) => `        ${line}`).join('\n')}`;

/** Keeps its port for a while after it was told to stop. */
const server = (name: string): string => `
summary: Listens on a port that another role wants, too
settings:
  port: { type: integer, default: 7100, minimum: 1, maximum: 65535, help: Port. }
processes:
  - name: ${name}
${slowToEnd(
  'server = socket.create_server(("${address}", ${settings.port}))',
  'while True: server.accept()[0].close()',
)}
    ports:
      - { port: "\${settings.port}", protocol: tcp, listen: node, purpose: nobody }
    ready: { tcp: "\${address}:\${settings.port}", seconds: 20 }
`;
/** Makes its data when somebody says so, and takes its time to stop. */
const KEEPER = `
summary: Has data
processes:
  - name: keeper
${slowToEnd('while True: time.sleep(60)')}
    data: true
    initialize:
      argv:
        - /bin/sh
        - -c
        - 'until test -e ${GATE}; do sleep 0.1; done; touch "$0/MADE"'
        - "\${data}"
      marker: MADE
`;
/** Says when its config was tried, and takes none. */
export const CHECKS = '/run/picky-checks';
const PICKY = `
summary: Takes no config
processes:
  - name: picky
    argv: [/usr/bin/sleep, infinity]
    files: [{ path: picky.conf, template: picky/picky.conf }]
    check: [/bin/sh, -c, 'date +%s%3N >>${CHECKS}; exit 1']
`;
export const ROLES = {
  'roles/keeper.yml': KEEPER,
  'roles/picky.yml': PICKY,
  'templates/picky/picky.conf': 'x\n',
  'roles/slow.yml': SLOW,
  'roles/follower.yml': FOLLOWER,
  'roles/early.yml': server('early'),
  'roles/late.yml': server('late'),
};
