/** When maintenance windows are open within a range. Pure. */
import { type MaintenanceWindow, type Span, spanAt } from "../machines/windows.ts";

/** The stretches of a window in `[fromMs, toMs)`, at most `most`. It holds from when it was added. */
export function spansIn(
  { timing, createdMs }: Pick<MaintenanceWindow, "timing" | "createdMs">,
  { fromMs, toMs }: Span,
  zone: string,
  most: number,
): Span[] {
  const spans: Span[] = [];
  let at = Math.max(fromMs, createdMs);
  while (spans.length < most && at < toMs) {
    const span = spanAt(timing, at, zone);
    if (span === null || span.fromMs >= toMs) break;
    const start = Math.max(span.fromMs, createdMs);
    if (start < span.toMs) spans.push({ fromMs: start, toMs: span.toMs });
    at = Math.max(span.toMs, at + 1);
  }
  return spans;
}
