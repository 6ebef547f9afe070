/** A chart on a dashboard: a strip for each unit, one time axis below. A picture, drawn anew from each answer. */
import type { VNode } from "preact";
import type { BoardLine, BoardTileOf } from "../lib/live/board.ts";
import { number, unitText } from "../lib/words/numbers.ts";
import { dateTime, HOUR_MS, MINUTE_MS } from "../lib/words/times.ts";
import { gapMs, runsOf, spansOf } from "./chart_data.ts";
import { bandsOf, type LimitBand, rangeOf } from "./limits.ts";
import { StateBands } from "./state_bands.tsx";

type Chart = BoardTileOf<"chart">;

/** The chart's lines by unit; states stand below them. */
export function BoardChart({ tile, zone }: { tile: Chart; zone: string }): VNode {
  const lines = tile.lines ?? [];
  const measures = lines.filter(({ kind }) => kind === "number");
  const states = lines.filter(({ kind }) => kind !== "number");
  const strips = [...Map.groupBy(measures, ({ unit }) => unitText(unit))];
  const { from_ms: fromMs, to_ms: toMs } = tile;
  return (
    <div class="board-chart">
      {strips.map(([unit, strip]) => (
        <Strip key={unit} lines={strip} all={measures} unit={unit} fromMs={fromMs} toMs={toMs} />
      ))}
      {strips.length > 0 && <TimeAxis fromMs={fromMs} toMs={toMs} zone={zone} />}
      {states.map((line, i) => (
        <div key={i}>
          {lines.length > 1 && <p class="muted">{line.title}</p>}
          <StateBands
            spans={spansOf(
              { ...line, bucketMs: line.bucket_ms, n: [], missing: undefined },
              gapOf(line),
            )}
            fromMs={fromMs}
            toMs={toMs}
            nowMs={toMs}
            zone={zone}
            words={line.states}
          />
        </div>
      ))}
      {lines.some(({ missing }) => missing) && (
        <p class="muted" role="status">
          Some readings are missing here: the history server cannot be asked.
        </p>
      )}
    </div>
  );
}

const gapOf = ({ bucket_ms, interval_ms }: BoardLine) => gapMs(bucket_ms, interval_ms);

function Strip(
  { lines, all, unit, fromMs, toMs }: {
    lines: readonly BoardLine[];
    all: readonly BoardLine[];
    unit: string;
    fromMs: number;
    toMs: number;
  },
): VNode {
  const [only] = lines;
  const bands = lines.length === 1 ? bandsOf(only.limits) : [];
  const lows = lines.flatMap(({ min }) => min), highs = lines.flatMap(({ max }) => max);
  const isEmpty = lows.length === 0;
  const lo = Math.min(...lows), hi = Math.max(...highs);
  const [low, high] = rangeOf(lo, hi, bands);
  // What is never below zero is not shown below it.
  const scale = isEmpty
    ? { least: 0, most: 1, ticks: [] }
    : scaleOf(lo >= 0 ? Math.max(0, low) : low, high);
  const share = (value: number) =>
    Math.max(0, Math.min(1, (value - scale.least) / (scale.most - scale.least)));
  const percent = (value: number) => `${((1 - share(value)) * 100).toFixed(2)}%`;
  const words = isEmpty ? "no readings" : `${number(lo)} to ${number(hi)} ${unit}`.trim();
  return (
    <figure class="board-strip">
      <figcaption>
        {lines.map((line, i) => (
          <span key={i}>
            {all.length > 1 && (
              <svg class="sample" aria-hidden="true" viewBox="0 0 20 8">
                <path class={`line look-${all.indexOf(line)}`} d="M0 4H20" />
              </svg>
            )}
            {all.length > 1 && `${line.title} `}
            {line.mean.length > 0 && <strong>{number(line.mean.at(-1)!)}</strong>} {unit}
          </span>
        ))}
        {isEmpty && <span>No readings in this time</span>}
      </figcaption>
      <svg class="y-axis" aria-hidden="true">
        {scale.ticks.map((value) => (
          <text key={value} x="100%" y={percent(value)} text-anchor="end">{tickText(value)}</text>
        ))}
      </svg>
      <svg
        class="plot"
        role="img"
        aria-label={`${lines.map(({ title }) => title).join(", ")}: ${words}`}
      >
        {bands.map((band) => (
          <rect
            key={`${band.level} ${band.from}`}
            class={`limit ${band.level}`}
            width="100%"
            y={percent(band.to)}
            height={`${((share(band.to) - share(band.from)) * 100).toFixed(2)}%`}
          />
        ))}
        {scale.ticks.map((value) => (
          <line key={value} class="grid" x2="100%" y1={percent(value)} y2={percent(value)} />
        ))}
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
          {lines.map((line, i) => (
            <Line
              key={i}
              line={line}
              look={all.indexOf(line)}
              band={lines.length === 1}
              x={(tMs) => ((tMs - fromMs) / (toMs - fromMs) * 1000).toFixed(1)}
              y={(value) => ((1 - share(value)) * 1000).toFixed(1)}
            />
          ))}
        </svg>
        {bands.filter(({ edge }) => edge > scale.least && edge < scale.most).map((band) => (
          <LimitLabel key={`${band.level} ${band.edge}`} band={band} y={percent(band.edge)} />
        ))}
      </svg>
    </figure>
  );
}

function LimitLabel({ band, y }: { band: LimitBand; y: string }): VNode {
  return (
    <text class="limit-name" x="100%" dx="-4" y={y} dy={band.edge === band.from ? -3 : 12}>
      {`${band.level} ${number(band.edge)}`}
    </text>
  );
}

function Line(
  { line, look, band, x, y }: {
    line: BoardLine;
    look: number;
    /** With lowest and highest around it. */
    band: boolean;
    x: (tMs: number) => string;
    y: (value: number) => string;
  },
): VNode {
  const { t, min, mean, max, bucket_ms } = line;
  const at = (i: number) => x(t[i] + bucket_ms / 2);
  let around = "", middle = "";
  for (const [from, to] of runsOf(t, gapOf(line))) {
    // A lone bucket is a dot.
    middle += `M${at(from)} ${y(mean[from])}h.1`;
    for (let i = from; i < to; i++) middle += `L${at(i)} ${y(mean[i])}`;
    for (let i = from; i < to; i++) around += `${i === from ? "M" : "L"}${at(i)} ${y(max[i])}`;
    for (let i = to - 1; i >= from; i--) around += `L${at(i)} ${y(min[i])}`;
    around += "Z";
  }
  return (
    <>
      {band && <path class="band" d={around} />}
      <path class={`line look-${look}`} d={middle} />
    </>
  );
}

function TimeAxis(
  { fromMs, toMs, zone }: { fromMs: number; toMs: number; zone: string },
): VNode {
  return (
    <svg class="x-axis" aria-hidden="true">
      {timeTicks(fromMs, toMs, zone).map(({ tMs, text }) => (
        <text
          key={tMs}
          x={`${((tMs - fromMs) / (toMs - fromMs) * 100).toFixed(2)}%`}
          y="12"
          text-anchor="middle"
        >
          {text}
        </text>
      ))}
    </svg>
  );
}

const STEPS = [1, 2, 2.5, 5, 10];
const TICKS_MOST = 4;

/** A scale that begins and ends at round values. Pure. */
export function scaleOf(
  low: number,
  high: number,
): { least: number; most: number; ticks: number[] } {
  const rough = (high - low) / TICKS_MOST || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * STEPS.find((one) => one * power >= rough * 0.999)!;
  const first = Math.floor(low / step), last = Math.ceil(high / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { least: ticks[0], most: ticks.at(-1)!, ticks };
}

/** As many digits as tell neighbours apart, no more. */
function tickText(value: number): string {
  return Math.abs(value) >= 10_000
    ? number(value)
    : String(Number(value.toPrecision(6))).replace("-", "\u2212");
}

const TIME_STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200].map((minutes) =>
  minutes * MINUTE_MS
);
const TIMES_MOST = 5;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Round times of day in the site's zone, not too near the ends. Pure. */
export function timeTicks(
  fromMs: number,
  toMs: number,
  zone: string,
): { tMs: number; text: string }[] {
  const step = TIME_STEPS.find((one) => (toMs - fromMs) / one <= TIMES_MOST + 1) ??
    TIME_STEPS.at(-1)!;
  const aheadMs = Date.parse(`${dateTime(toMs, zone).replace(" ", "T")}Z`) -
    Math.floor(toMs / 1000) * 1000;
  const edge = (toMs - fromMs) * 0.04;
  const ticks = [];
  let tMs = Math.ceil((fromMs + edge + aheadMs) / step) * step - aheadMs;
  for (; tMs <= toMs - edge; tMs += step) {
    const at = dateTime(tMs, zone);
    const date = `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]}`;
    ticks.push({ tMs, text: step >= 24 * HOUR_MS ? date : at.slice(11, 16) });
  }
  return ticks;
}
