import type { SettingValue } from '../../../domain/roles/role.ts';
import { KatoCommand, word } from '../../framework/command.ts';
import { Flags } from '../../framework/oclif.ts';
import { type Config, flatLines } from '../../render/config.ts';
import { ask } from '../../session/session.ts';

export default class ConfigGet extends KatoCommand<Config> {
  static override summary = 'Show settings: all, those of a component, or one.';
  static override description = 'A component is cluster or a role. Defaults are shown as well.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> router',
    '<%= config.bin %> <%= command.id %> cluster heartbeat.interval',
  ];
  static override args = {
    component: word({ names: 'component', description: 'cluster, or a role.' }),
    key: word({ names: 'setting', description: 'Name of a setting.' }),
  };
  static override flags = {
    flat: Flags.boolean({
      char: 'f',
      exclusive: ['json'],
      summary: 'One line for each setting: component, key and value.',
    }),
  };

  private flat: string[] | null = null;

  protected async perform(): Promise<Config> {
    const { args, flags } = await this.parse(ConfigGet);
    const { component = null, key = null } = args;
    if (flags.flat) this.flat = [component, key].filter((name) => name !== null);
    return ask<Config>('config.get', { component, key });
  }

  protected async render(config: Config): Promise<string[]> {
    if (this.flat !== null) return flatLines(config, this.flat);
    if (isScalar(config)) return [String(config)];
    if (Array.isArray(config) && config.length === 0) return ['[]'];
    if (Object.keys(config).length === 0) return ['no settings'];
    const { stringify } = await import('yaml');
    return stringify(config, { lineWidth: 0 }).trimEnd().split('\n');
  }
}

function isScalar(config: Config): config is Exclude<SettingValue, string[]> {
  return typeof config !== 'object';
}
