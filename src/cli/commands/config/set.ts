import { word } from '../../framework/command.ts';
import { ConfigCommand, WHERE } from '../../framework/config-command.ts';
import { readStdin } from '../../input/read-file.ts';
import { note } from '../../output.ts';

export default class ConfigSet extends ConfigCommand {
  static override summary = 'Set a setting; without a value, or with -, it is read from stdin.';
  static override examples = ['<%= config.bin %> <%= command.id %> cluster heartbeat.interval 5'];
  /** A text may be empty, or have spaces and commas: what is a list comes apart where settings are known. */
  static override args = {
    ...WHERE,
    value: word({ names: 'value', multiple: true, required: false, description: 'The value.' }),
  };

  protected async change() {
    const { args } = await this.parse(ConfigSet);
    const { component, key } = args;
    const value = args.value?.join(' ') ?? '-';
    const isAsked = value === '-' && process.stdin.isTTY === true;
    if (isAsked) note(`type the value of ${component} ${key}, then Ctrl-D`);
    const text = value === '-' ? (await readStdin()).replace(/\n$/, '') : value;
    return { act: 'set', component, key, value: text };
  }
}
