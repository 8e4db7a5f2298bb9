import { decodeJoinToken, type JoinToken } from '../../bus/joining/join-token.ts';
import { refuse } from '../../domain/base/error.ts';
import { readWordFile } from './read-file.ts';

/** A join token from the flag, a file or the environment; null where there is none. TOKEN_MALFORMED. */
export async function givenToken(
  flag: string | undefined,
  file: string | undefined,
): Promise<JoinToken | null> {
  const text = flag ?? (file === undefined ? undefined : await readWordFile(file, 'token'));
  const given = text ?? (process.env.KATO_TOKEN || undefined);
  return given === undefined ? null : decodeJoinToken(given);
}

/** One that is typed unseen at the terminal. */
export async function askToken(): Promise<JoinToken> {
  if (process.stdin.isTTY === true) {
    const { askSecret } = await import('./prompt.ts');
    return decodeJoinToken(await askSecret('Join token (kato token create on the core): '));
  }
  throw refuse(
    'USAGE',
    'a join token is needed',
    'there is none in KATO_TOKEN, and no terminal to ask on',
    'kato token create on the core prints one; give it with --token-file F',
  );
}
