import { refuse } from '../../domain/base/error.ts';
import { named } from '../framework/command.ts';
import { readWordFile } from './read-file.ts';

export const passphraseFlag = named({
  names: 'file',
  helpValue: 'F',
  summary: 'File with the passphrase; otherwise KATO_PASSPHRASE, or asked for on a terminal.',
});

/** The passphrase of an export; never an argument, which others could read. */
export async function readPassphrase(
  file: string | undefined,
  options: { twice: boolean } = { twice: false },
): Promise<string> {
  if (file !== undefined) return readWordFile(file, 'passphrase');
  const fromEnvironment = process.env.KATO_PASSPHRASE;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  if (process.stdin.isTTY !== true) {
    throw refuse(
      'USAGE',
      'a passphrase is needed',
      'there is none in KATO_PASSPHRASE, and no terminal to ask on',
      'give it with --passphrase-file F',
    );
  }
  const { askSecret } = await import('./prompt.ts');
  const first = await askSecret('Passphrase of the export: ');
  if (options.twice && (await askSecret('Once more: ')) !== first) {
    throw refuse('USAGE', 'the two passphrases differ');
  }
  return first;
}
