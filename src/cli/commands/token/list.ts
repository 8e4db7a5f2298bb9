import type { TokenInfo } from '../../../domain/access/tokens.ts';
import { KatoCommand } from '../../framework/command.ts';
import type { Style } from '../../render/text/style.ts';
import { tokenListLines } from '../../render/token.ts';
import { ask } from '../../session/session.ts';

export default class TokenList extends KatoCommand<TokenInfo[]> {
  static override summary = 'List the tokens and what is left of them.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  protected async perform(): Promise<TokenInfo[]> {
    await this.parse(TokenList);
    return ask<TokenInfo[]>('token.list', {});
  }

  protected render(tokens: TokenInfo[], _style: Style, width: number): readonly string[] {
    return tokenListLines(tokens, width);
  }
}
