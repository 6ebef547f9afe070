import type { VNode } from "preact";
import { number, unitText } from "../lib/words/numbers.ts";
import { clockTime } from "../lib/words/times.ts";
import type { ShownBacktest } from "../lib/detect/backtest/view.ts";
import { axisNumber } from "./chart_columns.ts";
import { type Buckets, runsOf } from "./chart_data.ts";

type Trial = NonNullable<ShownBacktest["result"]>["changed"];

/** A limit drawn across the chart. */
interface Limit {
  value: number;
  changed: boolean;
}

const WIDTH = 1000, PLOT_PX = 220, LANE_PX = 12;
/** Of each lane: its words, and where its strip begins. */
const LANES = { present: PLOT_PX + 24, changed: PLOT_PX + 58 };
const HEIGHT_PX = PLOT_PX + 74;
const LIMITS = ["warningLow", "warningHigh", "criticalLow", "criticalHigh"];

/**
 * The series of a backtest with present and changed limits, and beneath it when each would have fired. The
 * list below says the same in words.
 */
export function BacktestChart(
  { job, unit, buckets, gap, zone, nowMs }: {
    job: ShownBacktest;
    unit: string | null;
    buckets: Buckets;
    /** Widest distance that a line bridges. */
    gap: number;
    zone: string;
    nowMs: number;
  },
): VNode {
  const { from_ms: from, to_ms: to, result } = job;
  const limits = job.detector === "threshold" ? limitsOf(job) : [];
  const values = limits.map((limit) => limit.value);
  const lo = Math.min(...buckets.min, ...values), hi = Math.max(...buckets.max, ...values);
  const pad = (hi - lo) * 0.08 || Math.abs(hi) * 0.05 || 1;
  const x = (tMs: number) => (Math.max(from, Math.min(to, tMs)) - from) / (to - from);
  const y = (v: number) => PLOT_PX * (1 - (v - lo + pad) / (hi - lo + 2 * pad));
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  const strips = ({ firings }: Trial, top: number) =>
    firings.map((firing, i) => {
      const [left, right] = [x(firing.start_ms), x(firing.end_ms ?? to)];
      return (
        <rect
          key={i}
          class={`fired ${firing.severity}`}
          x={percent(Math.min(left, 0.996))}
          width={percent(Math.max(0.004, right - left))}
          y={top}
          height={LANE_PX}
        >
          <title>{firing.headline}</title>
        </rect>
      );
    });
  return (
    <figure class="backtest-chart">
      <div class="plot-with-axis">
        <ValueAxis low={lo - pad} high={hi + pad} y={y} unit={unit} />
        <svg height={HEIGHT_PX} width="100%" role="img" aria-label="Recorded readings and alarms">
          {ticksOf(lo - pad, hi + pad).map((value) => (
            <line key={value} class="grid" x1="0" x2="100%" y1={y(value)} y2={y(value)} />
          ))}
          <Series buckets={buckets} gap={gap} x={x} y={y} />
          {limits.map(({ value, changed }, i) => (
            <line
              key={i}
              class={changed ? "limit changed" : "limit"}
              x1="0"
              x2="100%"
              y1={y(value).toFixed(1)}
              y2={y(value).toFixed(1)}
            />
          ))}
          {result?.changed.firings.map(({ peak }, i) =>
            peak && peak.ts >= from && (
              <circle
                key={i}
                class="peak"
                cx={percent(x(peak.ts))}
                cy={Math.max(0, Math.min(PLOT_PX, y(peak.value))).toFixed(1)}
                r="4"
              />
            )
          )}
          <Lane name="Present" top={LANES.present} empty={result?.present?.count === 0}>
            {result?.present && strips(result.present, LANES.present)}
          </Lane>
          <Lane name="Changed" top={LANES.changed} empty={result?.changed.count === 0}>
            {result && strips(result.changed, LANES.changed)}
          </Lane>
        </svg>
      </div>
      <figcaption>
        <span>{clockTime(from, nowMs, zone)}</span>
        <span>{zone}</span>
        <span>{clockTime(to, nowMs, zone)}</span>
      </figcaption>
      {limits.length > 0 && (
        <ul class="legend">
          <li>
            <svg class="key" aria-hidden="true">
              <line class="limit" x1="0" x2="100%" y1="6" y2="6" />
            </svg>
            {limitsText("Present", limits.filter((limit) => !limit.changed))}
          </li>
          <li>
            <svg class="key" aria-hidden="true">
              <line class="limit changed" x1="0" x2="100%" y1="6" y2="6" />
            </svg>
            {limitsText("Changed", limits.filter((limit) => limit.changed))}
          </li>
        </ul>
      )}
    </figure>
  );
}

/** The values beside the plot. */
function ValueAxis({ low, high, y, unit }: {
  low: number;
  high: number;
  y: (value: number) => number;
  unit: string | null;
}): VNode | null {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  return (
    <svg class="value-axis" height={HEIGHT_PX} aria-hidden="true">
      {unit !== null && <text x="100%" y="0" dx="-8" dy="-2">{unitText(unit)}</text>}
      {ticksOf(low, high).map((value) => (
        <text key={value} x="100%" dx="-8" y={y(value).toFixed(1)} dy="4">
          {axisNumber(value, null)}
        </text>
      ))}
    </svg>
  );
}

function Series(
  { buckets, gap, x, y }: {
    buckets: Buckets;
    gap: number;
    /** Share of the width. */
    x: (tMs: number) => number;
    /** Pixels. */
    y: (value: number) => number;
  },
): VNode {
  const at = (i: number, column: readonly number[]) => {
    const middle = buckets.t[i] + buckets.bucketMs / 2;
    return `${(WIDTH * x(middle)).toFixed(1)} ${y(column[i]).toFixed(1)}`;
  };
  let band = "", line = "";
  for (const [from, to] of runsOf(buckets.t, gap)) {
    for (let i = from; i < to; i++) {
      band += `${i === from ? "M" : "L"}${at(i, buckets.max)}`;
      line += `${i === from ? "M" : "L"}${at(i, buckets.mean)}`;
    }
    for (let i = to - 1; i >= from; i--) band += `L${at(i, buckets.min)}`;
    band += "Z";
  }
  return (
    <svg
      width="100%"
      height={PLOT_PX}
      viewBox={`0 0 ${WIDTH} ${PLOT_PX}`}
      preserveAspectRatio="none"
    >
      <path class="band" d={band} />
      <path class="line" d={line} />
    </svg>
  );
}

function Lane(
  { name, top, empty, children }: {
    name: string;
    top: number;
    empty: boolean;
    children: preact.ComponentChildren;
  },
): VNode {
  return (
    <g>
      <text x="0" y={top - 4}>{empty ? `${name}: none` : name}</text>
      <rect class="lane" x="0" width="100%" y={top} height={LANE_PX} />
      {children}
    </g>
  );
}

/** Round values between two, about five: in steps of 1, 2 or 5 by a power of ten. */
export function ticksOf(low: number, high: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one >= rough)!;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}

/** Limits as they are and as they would be. */
function limitsOf({ options, result }: ShownBacktest): Limit[] {
  const of = (from: Record<string, unknown> | undefined, changed: boolean) =>
    LIMITS.flatMap((name) =>
      typeof from?.[name] === "number" ? [{ value: from[name], changed }] : []
    );
  return [...of(result?.present?.options, false), ...of(options, true)];
}

function limitsText(name: string, limits: readonly Limit[]): string {
  if (limits.length === 0) return `${name}: no limits`;
  const values = limits.map(({ value }) => value).sort((a, b) => a - b);
  return `${name}: ${values.map(number).join(", ")}`;
}
