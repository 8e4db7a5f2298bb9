import type { SettingValue } from '../../domain/roles/role.ts';
import { refuseFailed } from '../session/already.ts';
import { ChangeCommand, type Request } from './change-command.ts';
import { word } from './command.ts';

export const WHERE = {
  component: word({ required: true, names: 'component', description: 'cluster, or a role.' }),
  key: word({ required: true, names: 'setting', description: 'Name of the setting.' }),
};

/** What set, del, push and pop share: the value that is in force afterwards is printed. */
export abstract class ConfigCommand extends ChangeCommand<SettingValue> {
  protected abstract change(): Promise<Record<string, string> & { component: string }>;

  private component = '';

  protected async request(): Promise<Request> {
    const params = await this.change();
    this.component = params.component;
    return { operation: 'config.set', params };
  }

  protected override async checkSo(): Promise<void> {
    await refuseFailed((_node, role) => role.name === this.component);
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
