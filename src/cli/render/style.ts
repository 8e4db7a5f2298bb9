/** How words stand out; a plain one leaves them as they are. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const asIs = (text: string): string => text;
export const PLAIN: Style = { bold: asIs, dim: asIs, red: asIs, yellow: asIs, green: asIs };

/** Colours only on a terminal, and not where NO_COLOR is set. */
export async function styleFor(stream: { isTTY?: boolean }): Promise<Style> {
  if (stream.isTTY !== true || (process.env.NO_COLOR ?? '') !== '') return PLAIN;
  const { default: chalk } = await import('chalk');
  return chalk;
}
