/** Who waits for what is done for one at a time. Each asker has one turn in a round. */
export interface FairQueue<Item> {
  /** False when this asker has as much waiting as one may: then it is not taken. */
  add(asker: Asker, item: Item): boolean;
  next(): Item | undefined;
}

export interface Asker {
  id: string;
  /** Those who go first have every second turn, however many others wait. */
  first: boolean;
  waitingMax: number;
}

export function fairQueue<Item>(): FairQueue<Item> {
  const sides = { first: new Map<string, Item[]>(), others: new Map<string, Item[]>() };
  let wasFirst = false;
  return {
    add: ({ id, first, waitingMax }, item) => {
      const side = first ? sides.first : sides.others;
      const waiting = side.get(id) ?? [];
      if (waiting.length >= waitingMax) return false;
      waiting.push(item);
      side.set(id, waiting);
      return true;
    },
    next: () => {
      wasFirst = sides.first.size > 0 && !(wasFirst && sides.others.size > 0);
      return nextOf(wasFirst ? sides.first : sides.others);
    },
  };
}

/** From the asker who has waited longest; whatever else that one wants comes after all others. */
function nextOf<Item>(side: Map<string, Item[]>): Item | undefined {
  const [turn] = side;
  if (turn === undefined) return undefined;
  const [id, waiting] = turn;
  const item = waiting.shift();
  side.delete(id);
  if (waiting.length > 0) side.set(id, waiting);
  return item;
}
