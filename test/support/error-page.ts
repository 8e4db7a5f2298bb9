/** What leads to an error, as docs/reference/errors.md tells it. */
interface Row {
  input: string;
  exit: string;
  code: string;
  message: string;
  state: string;
}

/** The page's tables of what leads to an error, by their headings. */
export function sectionsOf(page: string): [string, Row[]][] {
  return page
    .split('\n## ')
    .slice(1)
    .map((section): [string, Row[]] => [section.split('\n')[0]!, rowsOf(section)])
    .filter(([, rows]) => rows.length > 0);
}

function rowsOf(section: string): Row[] {
  return [...section.matchAll(/^\| `([^`]+)` \| (\d) \| `([A-Z_]+)` \| (.*) \| (.*) \|$/gm)].map(
    ([, input, exit, code, message, state]) =>
      ({ input, exit, code, message, state }) as Record<keyof Row, string>,
  );
}

/** `…` stands for what differs from time to time. */
export function told(message: string): RegExp {
  const parts = message.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
