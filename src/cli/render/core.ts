/** One way to attach a machine. */
export interface AttachLine {
  kind: string;
  token: string;
  command: string;
  uses: number;
  expiresAt: string;
}

export interface CoreValue {
  cluster: { id: string; endpoint: string; core: string };
  node: string;
  already: boolean;
  notes: string[];
  attach: AttachLine[];
}

export function coreLines({ cluster, node, already, notes, attach }: CoreValue): string[] {
  const { endpoint, core } = cluster;
  if (already) {
    return [
      `already so: ${node} is the core of ${endpoint} at ${core}`,
      '',
      'kato token create makes a token for another machine',
    ];
  }
  return [
    ...notes.map((note) => `note: ${note}`),
    `${node} is the core of ${endpoint} at ${core}`,
    '',
    'To attach other machines, run one of these lines there. Each token is good for one machine',
    `until ${attach[0]?.expiresAt ?? ''}; kato token create makes more.`,
    ...attach.flatMap(({ kind, token, command }) => [
      '',
      `  # ${kind}`,
      // The space in front keeps the token out of a shell's history.
      `  KATO_TOKEN=${token} \\`,
      `    ${command}`,
    ]),
    '',
    'kato status --all shows the cluster',
  ];
}
