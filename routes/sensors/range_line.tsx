import type { VNode } from "preact";
import type { ValueRange } from "../../lib/machines/value_range.ts";
import { type Conversion, shownIn } from "../../lib/words/conversion.ts";
import { number } from "../../lib/words/numbers.ts";

/** Between which values a sensor can be, and who says so. */
export function RangeLine(
  { range, unit, convert }: {
    range: ValueRange | null;
    unit: string | null;
    convert: Conversion | null;
  },
): VNode | null {
  if (range === null) return null;
  const { low, high, guessed } = range;
  const shown = (value: number) =>
    `${number(shownIn(convert, value))}${unit === null ? "" : ` ${unit}`}`;
  const between = low !== null && high !== null
    ? `from ${shown(low)} to ${shown(high)}`
    : low !== null
    ? `${shown(low)} at least`
    : `${shown(high!)} at most`;
  return (
    <p class="muted">
      {guessed
        ? `It can probably be ${between}: guessed from its unit and name.`
        : `It can be ${between}, its device says.`}
    </p>
  );
}
