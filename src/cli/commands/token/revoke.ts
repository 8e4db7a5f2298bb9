import type { TokenInfo } from '../../../domain/access/tokens.ts';
import { ChangeCommand, type Request } from '../../framework/change-command.ts';
import { word } from '../../framework/command.ts';

export default class TokenRevoke extends ChangeCommand<TokenInfo> {
  static override summary = 'End a token before its time. Nodes that joined with it stay.';
  static override examples = ['<%= config.bin %> <%= command.id %> k3m9x2qa'];
  static override args = {
    id: word({
      names: 'token',
      required: true,
      description: 'Id of the token, as kato token list shows it.',
    }),
  };

  protected async request(): Promise<Request> {
    const { args } = await this.parse(TokenRevoke);
    return { operation: 'token.revoke', params: { id: args.id } };
  }

  protected say({ id }: TokenInfo): readonly string[] {
    return [`token ${id} is revoked`];
  }
}
