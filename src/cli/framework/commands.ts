import type { Command } from './oclif.ts';

interface CommandClass
  extends Pick<typeof Command, 'args' | 'flags' | 'baseFlags' | 'hidden' | 'summary'> {
  new (...given: ConstructorParameters<typeof Command>): Command;
}

/** Every command by its id, loaded when it is called: its words, joined by colons. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ default: CommandClass }>>> = {
  agent: () => import('../commands/agent.ts'),
  check: () => import('../commands/check.ts'),
  complete: () => import('../commands/complete.ts'),
  completion: () => import('../commands/completion.ts'),
  'config:del': () => import('../commands/config/del.ts'),
  'config:get': () => import('../commands/config/get.ts'),
  'config:pop': () => import('../commands/config/pop.ts'),
  'config:push': () => import('../commands/config/push.ts'),
  'config:set': () => import('../commands/config/set.ts'),
  controller: () => import('../commands/controller.ts'),
  'data:export': () => import('../commands/data/export.ts'),
  'data:import': () => import('../commands/data/import.ts'),
  'data:keep': () => import('../commands/data/keep.ts'),
  history: () => import('../commands/history.ts'),
  info: () => import('../commands/info.ts'),
  'node:attach': () => import('../commands/node/attach.ts'),
  'node:boot': () => import('../commands/node/boot.ts'),
  'node:detach': () => import('../commands/node/detach.ts'),
  'node:halt': () => import('../commands/node/halt.ts'),
  'node:list': () => import('../commands/node/list.ts'),
  'node:migrate': () => import('../commands/node/migrate.ts'),
  'node:remove': () => import('../commands/node/remove.ts'),
  'node:rename': () => import('../commands/node/rename.ts'),
  'node:setup:core': () => import('../commands/node/setup/core.ts'),
  'node:setup:load_balancer': () => import('../commands/node/setup/load_balancer.ts'),
  'node:version': () => import('../commands/node/version.ts'),
  'op:custom_ssl_cert:install': () => import('../commands/op/custom_ssl_cert/install.ts'),
  'op:custom_ssl_cert:list': () => import('../commands/op/custom_ssl_cert/list.ts'),
  'op:custom_ssl_cert:remove': () => import('../commands/op/custom_ssl_cert/remove.ts'),
  'process:list': () => import('../commands/process/list.ts'),
  'process:ready': () => import('../commands/process/ready.ts'),
  'process:restart': () => import('../commands/process/restart.ts'),
  'process:start': () => import('../commands/process/start.ts'),
  'process:stop': () => import('../commands/process/stop.ts'),
  restart: () => import('../commands/restart.ts'),
  'role:add': () => import('../commands/role/add.ts'),
  'role:info': () => import('../commands/role/info.ts'),
  'role:remove': () => import('../commands/role/remove.ts'),
  'route:add': () => import('../commands/route/add.ts'),
  'route:announcer:add': () => import('../commands/route/announcer/add.ts'),
  'route:announcer:list': () => import('../commands/route/announcer/list.ts'),
  'route:announcer:remove': () => import('../commands/route/announcer/remove.ts'),
  'route:list': () => import('../commands/route/list.ts'),
  'route:remove': () => import('../commands/route/remove.ts'),
  start: () => import('../commands/start.ts'),
  status: () => import('../commands/status.ts'),
  stop: () => import('../commands/stop.ts'),
  'token:create': () => import('../commands/token/create.ts'),
  'token:list': () => import('../commands/token/list.ts'),
  'token:revoke': () => import('../commands/token/revoke.ts'),
  version: () => import('../commands/version.ts'),
};

/** The command that the words begin with: as many of them as make one. */
export function longestCommand(words: readonly string[]): readonly string[] | undefined {
  for (let count = words.length; count > 0; count--) {
    const path = words.slice(0, count);
    if (Object.hasOwn(COMMANDS, path.join(':'))) return path;
  }
  return undefined;
}
