/** Planned maintenance: the stretches in which a window is open for a machine. Pure. */
import { isUnder } from "../../machines/machine.ts";
import { type MaintenanceWindow, spanAt } from "../../machines/windows.ts";
import type { Range } from "./sources.ts";
import { cutTo, united } from "../../words/past_spans.ts";

/** More is looked at by nobody: ten years of five days a week. */
const SPANS_MOST = 5_000;

/** Windows that are there now, from when each was made on: nobody plans the past. */
export function plannedFor(
  path: string,
  windows: readonly MaintenanceWindow[],
  range: Range,
  zone: string,
): Range[] {
  const spans: Range[] = [];
  for (const window of windows) {
    if (!isUnder(path, window.path)) continue;
    const sinceMs = Math.max(range.fromMs, window.createdMs);
    let atMs = sinceMs;
    for (let n = 0; n < SPANS_MOST && atMs < range.toMs; n++) {
      const span = spanAt(window.timing, atMs, zone);
      if (span === null || span.fromMs >= range.toMs) break;
      spans.push(...cutTo([span], { fromMs: sinceMs, toMs: range.toMs }));
      atMs = span.toMs;
    }
  }
  return united(spans);
}
