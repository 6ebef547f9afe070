import { type Block, type Bytes, isLong, type LongBlock, type TableWriter } from "../table.ts";
import type { WideBlock } from "../table.ts";

/** What a format of text says at each place. */
export interface TextFormat {
  begin(): string;
  long(block: LongBlock): string;
  wide(block: WideBlock): string;
  end(): string;
}

/** A format of text as bytes of UTF-8. */
export function textWriter(format: TextFormat): TableWriter {
  const utf8 = new TextEncoder();
  const bytes = (text: string): Bytes => utf8.encode(text);
  return {
    begin: () => bytes(format.begin()),
    write: (block: Block) => bytes(isLong(block) ? format.long(block) : format.wide(block)),
    end: () => bytes(format.end()),
    close() {},
  };
}
