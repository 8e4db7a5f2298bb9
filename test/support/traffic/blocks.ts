/** A large file whose every block tells where it belongs, so that a loss or a swap is seen. */
export const BLOCK_BYTES = 65_536;

const FILLER = Buffer.alloc(BLOCK_BYTES, 'kato');

export function blockAt(index: number): Buffer {
  const block = Buffer.from(FILLER);
  block.writeUInt32BE(index);
  return block;
}
