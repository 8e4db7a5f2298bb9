import { refuse } from '../domain/error.ts';
import { readWordFile } from './read-file.ts';

/** A join token: from the flag, a file, the environment, or typed unseen at the terminal. */
export async function readToken(
  given: string | undefined,
  file: string | undefined,
): Promise<string> {
  if (given !== undefined) return given;
  if (file !== undefined) return readWordFile(file, 'token');
  const fromEnvironment = process.env.KATO_TOKEN;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  if (process.stdin.isTTY === true) {
    const { askSecret } = await import('./prompt.ts');
    return askSecret('Join token (kato token create on the core): ');
  }
  throw refuse(
    'USAGE',
    'a join token is needed',
    'there is none in KATO_TOKEN, and no terminal to ask at',
    'kato token create on the core prints one; give it by --token-file F',
  );
}
