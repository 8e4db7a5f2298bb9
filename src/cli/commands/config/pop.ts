import { word } from '../../framework/command.ts';
import { ConfigCommand, WHERE } from '../../framework/config-command.ts';

export default class ConfigPop extends ConfigCommand {
  static override summary = 'Take items out of a list.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> load_balancer trusted_proxies 10.1.0.0/16',
  ];
  static override args = {
    ...WHERE,
    value: word({
      names: 'item',
      list: true,
      multiple: true,
      required: true,
      description: 'The items.',
    }),
  };

  protected async change() {
    const { args } = await this.parse(ConfigPop);
    return { act: 'pop', ...args, value: args.value.join(',') };
  }
}
