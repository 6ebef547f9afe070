import type { VNode } from "preact";
import type { ValueRange } from "../../lib/machines/value_range.ts";
import { type Conversion, shownIn } from "../../lib/words/conversion.ts";
import { number, withUnit } from "../../lib/words/numbers.ts";

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
  const shown = (value: number) => withUnit(number(shownIn(convert, value)), unit);
  const between = low !== null && high !== null
    ? `between ${shown(low)} and ${shown(high)}`
    : low !== null
    ? `never below ${shown(low)}`
    : `never above ${shown(high!)}`;
  return (
    <p class="muted">
      {guessed
        ? `Its value is probably ${between}: guessed from its unit and name.`
        : `Its value is ${between}, its device says.`}
    </p>
  );
}
