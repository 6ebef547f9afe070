import {
  type Block,
  type Bytes,
  isLong,
  type LongBlock,
  type TableWriter,
  type WideBlock,
} from "../table.ts";

/** What a format of text says at each place; of a block so many rows at once. */
export interface TextFormat {
  begin(): string;
  long(block: LongBlock, from: number, to: number): string;
  wide(block: WideBlock, from: number, to: number): string;
  end(): string;
}

/** So much is text at once: what lives longer than a moment is moved, and kept, by the engine. */
const CELLS_OF_PART = 4_000;
const CELLS_OF_LONG = 8;
/** Of UTF-8 for each unit of a text. */
const MOST_BYTES = 3;

/** A format of text as bytes of UTF-8, all in the same memory: they hold until the next are asked for. */
export function textWriter(format: TextFormat): TableWriter {
  const utf8 = new TextEncoder();
  let memory = new Uint8Array(64 * 1024);
  let filled = 0;

  function add(text: string): void {
    const most = filled + text.length * MOST_BYTES;
    if (most > memory.length) {
      const larger = new Uint8Array(Math.max(most, memory.length * 2));
      larger.set(memory.subarray(0, filled));
      memory = larger;
    }
    filled += utf8.encodeInto(text, memory.subarray(filled)).written;
  }
  function take(): Bytes {
    const bytes = memory.subarray(0, filled);
    filled = 0;
    return bytes;
  }

  return {
    begin() {
      add(format.begin());
      return take();
    },
    write(block: Block) {
      const cells = isLong(block) ? CELLS_OF_LONG : block.values.length + 1;
      const rows = Math.max(1, Math.floor(CELLS_OF_PART / cells));
      for (let from = 0; from < block.tMs.length; from += rows) {
        const to = Math.min(block.tMs.length, from + rows);
        add(isLong(block) ? format.long(block, from, to) : format.wide(block, from, to));
      }
      return take();
    },
    end() {
      add(format.end());
      return take();
    },
    close() {},
  };
}
