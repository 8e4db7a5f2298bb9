/** How many of something each of many has open at the moment; those with none take no room. */
export interface Counts {
  of(who: string): number;
  enter(who: string): void;
  leave(who: string): void;
}

export function counts(): Counts {
  const open = new Map<string, number>();
  const of = (who: string): number => open.get(who) ?? 0;
  return {
    of,
    enter: (who) => {
      open.set(who, of(who) + 1);
    },
    leave: (who) => {
      if (of(who) > 1) open.set(who, of(who) - 1);
      else open.delete(who);
    },
  };
}
