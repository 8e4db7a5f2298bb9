import { printable } from '../../../domain/base/printable.ts';

/** How words stand out; a plain one leaves them as they are. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  /** A line as it goes to the terminal: with these colours and no other control characters. */
  shown(line: string): string;
}

type Paint = Omit<Style, 'shown'>;

const asIs = (text: string): string => text;
export const PLAIN: Style = {
  ...{ bold: asIs, dim: asIs, red: asIs, yellow: asIs, green: asIs },
  shown: printable,
};

/** Colours only on a terminal, and not where NO_COLOR is set. */
export async function styleFor(stream: { isTTY?: boolean }): Promise<Style> {
  if (stream.isTTY !== true || (process.env.NO_COLOR ?? '') !== '') return PLAIN;
  const { default: chalk } = await import('chalk');
  return sealedStyle(chalk, crypto.randomUUID());
}

/**
 * Colours are control characters, and what nodes and routes are called may have some, too. So those of
 * kato stand behind a seal, which nobody who made the data can know, until the line is shown.
 */
export function sealedStyle(paint: Paint, seal: string): Style {
  const sequences = new Set<string>();
  const sealed = (how: (text: string) => string): ((text: string) => string) => {
    const [open = '', close = ''] = how(seal).split(seal);
    for (const sequence of [open, close]) sequences.add(sequence);
    return (text) => `${seal}${open}${text}${seal}${close}`;
  };
  return {
    bold: sealed(paint.bold),
    dim: sealed(paint.dim),
    red: sealed(paint.red),
    yellow: sealed(paint.yellow),
    green: sealed(paint.green),
    shown: (line) => {
      const [first = '', ...parts] = line.split(seal);
      const told = parts.map((part) => {
        const sequence = [...sequences].find((one) => one !== '' && part.startsWith(one)) ?? '';
        return sequence + printable(part.slice(sequence.length));
      });
      return printable(first) + told.join('');
    },
  };
}
