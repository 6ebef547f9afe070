import type { VNode } from "preact";
import type { StatusSpan, TimelineStatus } from "../lib/live/timeline.ts";
import { NOT_RECORDED } from "../lib/words/past_spans.ts";
import { dateTime, duration } from "../lib/words/times.ts";

const WIDTH = 1000, HEIGHT = 12;
const WORDS: Record<TimelineStatus, string> = {
  normal: "normal",
  warning: "warning",
  critical: "critical",
  none: "no readings",
  unknown: NOT_RECORDED,
};
const MARKS: Partial<Record<TimelineStatus, string>> = { warning: "▲", critical: "■" };
const ORDER: readonly TimelineStatus[] = ["critical", "warning", "normal", "none", "unknown"];
const TABLE_ROWS = 100;

/** The status over a range as a strip beneath the chart, and in words how long each lasted. */
export function StatusStrip(
  { spans, fromMs, toMs, zone }: {
    spans: readonly StatusSpan[];
    fromMs: number;
    toMs: number;
    zone: string;
  },
): VNode | null {
  if (spans.length === 0) return null;
  const x = (tMs: number) => Math.max(0, Math.min(WIDTH, (tMs - fromMs) / (toMs - fromMs) * WIDTH));
  const lasted = lastedOf(spans, fromMs, toMs);
  return (
    <figure class="status-strip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {spans.filter(({ status }) => status !== "none").map((span) => (
          <rect
            class={`status-${span.status}`}
            x={x(span.fromMs).toFixed(1)}
            // What is short is still seen.
            width={Math.max(span.status === "normal" ? 0.2 : 1.5, x(span.toMs) - x(span.fromMs))
              .toFixed(1)}
            height={HEIGHT}
          >
            <title>{`${WORDS[span.status]}, ${dateTime(span.fromMs, zone)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption class="hidden">Status over the same time</figcaption>
      <ul class="legend">
        {ORDER.filter((status) => lasted[status] > 0).map((status) => (
          <li key={status}>
            <span class={`swatch status-${status}`} aria-hidden="true" />
            {MARKS[status] && <span aria-hidden="true">{MARKS[status]}</span>} {WORDS[status]}{" "}
            <span class="muted">{duration(lasted[status])}</span>
          </li>
        ))}
      </ul>
      {lasted.unknown > 0 && (
        <p class="muted">
          Not recorded: nobody knows whether these readings were within their limits then. They were
          imported, or are older than the record.
        </p>
      )}
    </figure>
  );
}

/** How long each status lasted within the range, in ms. */
export function lastedOf(
  spans: readonly StatusSpan[],
  fromMs: number,
  toMs: number,
): Record<TimelineStatus, number> {
  const sum = { normal: 0, warning: 0, critical: 0, none: 0, unknown: 0 };
  for (const span of spans) {
    sum[span.status] += Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs));
  }
  return sum;
}

/** The same as a table, newest first. */
export function StatusTable(
  { spans, zone }: { spans: readonly StatusSpan[]; zone: string },
): VNode | null {
  if (spans.length === 0) return null;
  return (
    <details class="table">
      <summary>Status as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Status">
        <table>
          <caption>Newest first</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col" class="text">Status</th>
              <th scope="col">For</th>
            </tr>
          </thead>
          <tbody>
            {spans.slice(-TABLE_ROWS).toReversed().map(({ fromMs, toMs, status }) => (
              <tr key={fromMs}>
                <th scope="row">{dateTime(fromMs, zone)}</th>
                <td class="text">{WORDS[status]}</td>
                <td>{duration(toMs - fromMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** The spans as time goes on: what is now lasts until `nowMs`, or ends where the status changed. */
export function grownSpans(
  spans: readonly StatusSpan[],
  nowMs: number,
  changed: { status: TimelineStatus; tMs: number } | null = null,
): StatusSpan[] {
  const last = spans.at(-1);
  if (last === undefined) return [];
  const before = spans.slice(0, -1);
  if (changed === null || changed.status === last.status) {
    return [...before, { ...last, toMs: Math.max(last.toMs, nowMs) }];
  }
  const atMs = Math.max(last.fromMs, Math.min(changed.tMs, nowMs));
  const next = { fromMs: atMs, toMs: Math.max(atMs, nowMs), status: changed.status };
  return [...before, { ...last, toMs: atMs }, next];
}
