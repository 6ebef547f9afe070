import type { VNode } from "preact";
import { clockTime, dateTime, duration } from "../lib/words/times.ts";
import type { Span } from "./chart_data.ts";

const WIDTH = 1000, HEIGHT = 44;
/** Shades for states; more states than shades repeat them, the words distinguish them. */
const SHADES = 6;

/** A state sensor over time: one strip, a shade per state, and the words with how long each lasted. */
export function StateBands(
  { spans, fromMs, toMs, nowMs, zone, words }: {
    spans: readonly Span[];
    fromMs: number;
    toMs: number;
    nowMs: number;
    zone: string;
    words: readonly string[];
  },
): VNode {
  const x = (tMs: number) => Math.max(0, Math.min(WIDTH, (tMs - fromMs) / (toMs - fromMs) * WIDTH));
  const lasted = new Map<number | null, number>();
  for (const { fromMs, toMs, state } of spans) {
    lasted.set(state, (lasted.get(state) ?? 0) + toMs - fromMs);
  }
  const shadeOf = (state: number | null) =>
    state === null ? "shade-mixed" : `shade-${state % SHADES}`;
  return (
    <figure class="states">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {spans.map((span) => (
          <rect
            class={shadeOf(span.state)}
            x={x(span.fromMs).toFixed(1)}
            y="0"
            width={Math.max(0.8, x(span.toMs) - x(span.fromMs)).toFixed(1)}
            height={HEIGHT}
          >
            <title>{`${wordOf(span.state, words)}, ${dateTime(span.fromMs, zone)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>{clockTime(fromMs, nowMs, zone)}</span>
        <span>{clockTime(toMs, nowMs, zone)}</span>
      </figcaption>
      <ul class="legend">
        {[...lasted].sort((a, b) => b[1] - a[1]).map(([state, ms]) => (
          <li key={String(state)}>
            <span class={`swatch ${shadeOf(state)}`} aria-hidden="true" />
            {wordOf(state, words)} <span class="muted">{duration(ms)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** What a state is called; `changing` where several came within one step. */
export function wordOf(state: number | null, words: readonly string[]): string {
  return state === null ? "changing" : words[state] ?? String(state);
}
