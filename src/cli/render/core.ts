import { localTime } from './text/time.ts';

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
  /** The revision of the saved state that the cluster goes on from; null for a new cluster. */
  recovered: number | null;
  notes: string[];
  attach: AttachLine[];
}

export function coreLines(value: CoreValue): string[] {
  const { cluster, node, already, recovered, notes, attach } = value;
  const { endpoint, core } = cluster;
  if (already) {
    return [
      `already so: ${node} is the core of ${endpoint} at ${core}`,
      '',
      'kato token create makes a token for another machine',
    ];
  }
  const said = notes.map((note) => `note: ${note}`);
  if (recovered !== null) {
    return [
      ...said,
      `${node} is the core of ${endpoint} at ${core}, from revision ${recovered} on`,
      '',
      'nodes that joined after that must be attached again; kato status shows all others',
    ];
  }
  return [
    ...said,
    `${node} is the core of ${endpoint} at ${core}`,
    '',
    'To attach other machines, run one of these lines there. Each token is good for one machine',
    `until ${localTime(attach[0]!.expiresAt)}; kato token create makes more.`,
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
