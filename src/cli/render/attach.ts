export interface AttachValue {
  node: string;
  roles: string[];
  core: string;
  endpoint: string;
  /** It was attached before. */
  already: boolean;
  /** Roles that it was given although it was attached before. */
  added: string[];
  notes: string[];
}

export function attachValueLines(value: AttachValue): string[] {
  const { node, roles, core, endpoint, already, added, notes } = value;
  const isDone = already && added.length === 0;
  return [
    ...notes.map((note) => `note: ${note}`),
    `${isDone ? 'already so: ' : ''}${node} is attached to ${endpoint} at ${core}`,
    ...(added.length > 0 ? [`added now: ${added.join(', ')}`] : []),
    `its roles: ${roles.join(', ')}`,
    '',
    'kato status --all shows the cluster; kato info shows which roles this node could have',
  ];
}
