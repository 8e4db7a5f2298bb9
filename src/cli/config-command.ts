import type { SettingValue } from '../domain/role.ts';
import { ChangeCommand, type Request } from './change-command.ts';
import { word } from './command.ts';

export const WHERE = {
  component: word({ required: true, names: 'component', description: 'cluster, or a role.' }),
  key: word({ required: true, names: 'setting', description: 'Name of the setting.' }),
};

/** What set, del, push and pop share: the value that is in force afterwards is printed. */
export abstract class ConfigCommand extends ChangeCommand<SettingValue> {
  protected abstract change(): Promise<Record<string, string>>;

  protected async request(): Promise<Request> {
    return { operation: 'config.set', params: await this.change() };
  }

  protected say(value: SettingValue): readonly string[] {
    if (value === '') return ['""'];
    if (!Array.isArray(value)) return [String(value)];
    return value.length === 0 ? ['[]'] : value.map((item) => `- ${item}`);
  }

  protected override sayAlready(value: SettingValue): readonly string[] {
    return Array.isArray(value) ? ['already so:', ...this.say(value)] : super.sayAlready(value);
  }
}
