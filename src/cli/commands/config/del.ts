import { ConfigCommand, WHERE } from '../../framework/config-command.ts';

export default class ConfigDelete extends ConfigCommand {
  static override summary = 'Set a setting back to its default.';
  static override examples = ['<%= config.bin %> <%= command.id %> cluster heartbeat.interval'];
  static override args = WHERE;

  protected async change() {
    const { args } = await this.parse(ConfigDelete);
    return { act: 'del', ...args };
  }
}
