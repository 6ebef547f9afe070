import { PerchError } from "../../base/errors.ts";
import type { Stretch } from "./bytes_source.ts";
import { cursorAt } from "./cursor.ts";
import type { Segment } from "./format.ts";
import { createSegment, type SegmentBuilder } from "./segment.ts";

/** Many readings at once: each sensor of a segment is stored in a transaction of its own. */
export const SEGMENT_READINGS = 200_000;
const BYTES = 16 * 1024 * 1024;

/**
 * Stretches as segments: `take` adds what a stretch holds, `kept` says what the format remembers at its end. `most`: readings. `hint`:
 * what to do about a line that is too long.
 */
export async function* segmentsOf<S extends Omit<Stretch, "bytes">>(
  stretches: AsyncIterable<S>,
  take: (segment: SegmentBuilder, stretch: S) => void,
  { most = SEGMENT_READINGS, kept = () => undefined, hint = "" }: {
    most?: number;
    kept?: () => unknown;
    hint?: string;
  },
): AsyncGenerator<Segment> {
  let segment = createSegment();
  let last: S | null = null;
  let begun = 0;
  const finish = (stretch: S) => segment.finish(cursorAt(stretch.next, kept()), stretch.share);
  try {
    for await (const stretch of stretches) {
      if (last === null) begun = stretch.from.byte;
      last = stretch;
      if (stretch.rejected !== null) {
        segment.read++;
        segment.reject(stretch.rejected.line, stretch.rejected.reason + hint);
      }
      take(segment, stretch);
      if (segment.rows >= most || stretch.next.byte - begun >= BYTES) {
        yield finish(stretch);
        segment = createSegment();
        last = null;
      }
    }
  } catch (error) {
    // What stands before the damage of a file is read.
    if (error instanceof PerchError && last !== null) yield finish(last);
    throw error;
  }
  if (last !== null) yield finish(last);
}
