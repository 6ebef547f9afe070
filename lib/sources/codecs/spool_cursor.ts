import { type Placed, SegmentReader, type Segments } from "./segments.ts";

/** Messages that cannot be read, because their file is damaged. */
export interface Lost {
  path: string;
  /** Number of the first. */
  from: number;
  lost: number;
}

/** Reads the messages of a spool in order. */
export class SpoolCursor {
  /** Number of the next message. */
  seq = 1;
  #reader: SegmentReader | null = null;

  constructor(private readonly segments: Segments) {}

  moveTo(seq: number): void {
    this.seq = seq;
    this.#reader = null;
  }

  /** The next message. Called only while there is one on disk. */
  async next(): Promise<Placed | Lost> {
    const segment = this.segments.all.find(({ end }) => this.seq < end)!;
    const reader = await this.#readerFor(segment);
    const one = reader.skipTo(this.seq) ? reader.next() : null;
    if (one !== null) {
      this.seq++;
      return one;
    }
    const lost = { path: segment.path, from: this.seq, lost: segment.end - this.seq };
    this.moveTo(segment.end);
    return lost;
  }

  async #readerFor(segment: Segments["all"][number]): Promise<SegmentReader> {
    const reader = this.#reader;
    if (reader !== null && reader.seq === this.seq && !reader.atEnd) return reader;
    // The file has grown since it was read.
    const goesOn = reader !== null && reader.seq === this.seq && this.seq > segment.first;
    return this.#reader = goesOn
      ? await SegmentReader.open(segment, reader.offset, reader.seq)
      : await SegmentReader.open(segment);
  }
}
