export interface AttachValue {
  node: string;
  roles: string[];
  core: string;
  endpoint: string;
  already: boolean;
  notes: string[];
}

export function attachValueLines(value: AttachValue): string[] {
  const { node, roles, core, endpoint, already, notes } = value;
  return [
    ...notes.map((note) => `note: ${note}`),
    `${already ? 'already so: ' : ''}${node} is attached to ${endpoint} at ${core}`,
    `its roles: ${roles.join(', ')}`,
    '',
    'kato status --all shows the cluster; kato info shows which roles this node could have',
  ];
}
