/** `one node`, `3 nodes`. */
export function counted(count: number, one: string): string {
  return count === 1 ? `one ${one}` : `${count} ${one}s`;
}
