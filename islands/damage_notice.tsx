import type { VNode } from "preact";
import { grouped } from "../lib/words/numbers.ts";
import { dateTime } from "../lib/words/times.ts";
import type { DamagedPart } from "../lib/live/shapes.ts";

/** Stretches that are listed one by one. */
const LISTED_MOST = 5;

/** Says that a server did not answer for what this Perch has no more. Nothing when all is there. */
export function MissingNotice({ missing }: { missing: string | undefined }): VNode | null {
  if (missing === undefined) return null;
  return (
    <p class="banner warning" role="status">
      {`${missing} What this Perch has itself is shown; older or finer readings are missing.`}
    </p>
  );
}

/** Says in words where readings are missing because what is stored is damaged. Nothing when nothing is. */
export function DamageNotice(
  { damaged, zone }: { damaged: readonly DamagedPart[]; zone: string },
): VNode | null {
  if (damaged.length === 0) return null;
  const more = damaged.length - LISTED_MOST;
  return (
    <div class="banner warning" role="status">
      <p>
        Stored readings of this range are damaged. They are not shown, and a gap here does not mean
        that the sensor was silent:
      </p>
      <ul>
        {damaged.slice(0, LISTED_MOST).map(({ from_ms, to_ms, readings }) => (
          <li key={from_ms}>
            {dateTime(from_ms, zone)} to {dateTime(to_ms, zone)}
            {readings !== null && `, ${grouped(readings)} readings`}
          </li>
        ))}
        {more > 0 && <li>and {more} more</li>}
      </ul>
    </div>
  );
}
