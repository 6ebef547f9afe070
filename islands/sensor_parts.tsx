/** The line above a sensor's chart, and the figures below it. */
import type { VNode } from "preact";
import { grouped, number, unitText } from "../lib/words/numbers.ts";
import { NOT_RECORDED } from "../lib/words/past_spans.ts";
import { clockTime, duration } from "../lib/words/times.ts";
import { statisticsOf } from "./chart_data.ts";
import { limitWords } from "./limits.ts";
import type { SensorViewProps, View } from "./sensor_data.ts";
import { lastedOf } from "./status_strip.tsx";

/** What is shown, and the buttons that move through time: what dragging does, for those who cannot drag. */
export function ChartHead({ view, props, isStart, onBack, onLook }: {
  view: Pick<View, "fromMs" | "toMs" | "live" | "buckets">;
  props: Pick<SensorViewProps, "nowMs" | "zone" | "lengthMs">;
  /** It shows what the page began with. */
  isStart: boolean;
  onBack: () => void;
  /** Moves by `steps` half ranges, then makes the range `factor` times as long. */
  onLook: (steps: number, factor: number) => void;
}): VNode {
  const { summedUntilMs } = view.buckets;
  return (
    <div class="chart-head">
      <span class="muted">
        {clockTime(view.fromMs, props.nowMs, props.zone)} to{" "}
        {view.live ? "now" : clockTime(view.toMs, props.nowMs, props.zone)}
        {` (${props.zone})`}
        {view.buckets.bucketMs > 1 && `, in steps of ${duration(view.buckets.bucketMs)}`}
        {summedUntilMs !== undefined &&
          `; readings before ${clockTime(summedUntilMs, props.nowMs, props.zone)} are summed up`}
      </span>
      <div class="looks" role="group" aria-label="Move through time">
        {!isStart && (
          <button type="button" class="small" onClick={onBack}>
            {props.lengthMs === null ? "Whole range" : "Back to live"}
          </button>
        )}
        <Look name="Earlier" sign="‹" onClick={() => onLook(-1, 1)} />
        <Look name="Later" sign="›" onClick={() => onLook(1, 1)} />
        <Look name="Zoom in" sign="+" onClick={() => onLook(0, 0.5)} />
        <Look name="Zoom out" sign="−" onClick={() => onLook(0, 2)} />
      </div>
    </div>
  );
}

/** Says that what was asked for did not come. */
export function NotLoaded({ what, problem, onAgain }: {
  what: "chart" | "charts";
  /** Null: it came. */
  problem: string | null;
  onAgain: () => void;
}): VNode | null {
  return problem === null ? null : (
    <p class="banner warning" role="alert">
      {`The ${what} could not be loaded: ${problem} `}
      <button type="button" class="small" onClick={onAgain}>Try again</button>
    </p>
  );
}

/** Lowest, mean, highest and count of what is shown. */
export function Figures({ view, props }: { view: View; props: SensorViewProps }): VNode | null {
  const statistics = statisticsOf(view.buckets);
  if (!statistics) return null;
  const lasted = lastedOf(view.spans, view.fromMs, view.toMs);
  const text = (value: number) => number(value, props.decimals);
  return (
    <dl class="figures">
      <Figure name="Lowest" value={text(statistics.min)} unit={props.unit} />
      <Figure name="Mean" value={text(statistics.mean)} unit={props.unit} />
      <Figure name="Highest" value={text(statistics.max)} unit={props.unit} />
      <Figure name="Readings" value={grouped(statistics.count)} unit={null} />
      {limitWords(props.limits, props.unit) !== null && (
        <Figure name="Out of range" value={outText(lasted)} unit={null} />
      )}
    </dl>
  );
}

function Look(props: { name: string; sign: string; onClick: () => void }): VNode {
  return (
    <button
      type="button"
      class="small look"
      aria-label={props.name}
      title={props.name}
      onClick={props.onClick}
    >
      <span aria-hidden="true">{props.sign}</span>
    </button>
  );
}

function Figure(props: { name: string; value: string; unit: string | null }): VNode {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {unitText(props.unit) && <span class="unit">{unitText(props.unit)}</span>}
      </dd>
    </div>
  );
}

/** `none` rather than `0 ms`; where nobody recorded how it was, nothing is said of that time. */
export function outText(
  { normal, warning, critical, unknown }: ReturnType<typeof lastedOf>,
): string {
  const outMs = warning + critical;
  if (unknown < 1) return outMs < 1 ? "none" : duration(outMs);
  if (normal + outMs < 1) return NOT_RECORDED;
  return `${outMs < 1 ? "none" : duration(outMs)} of what was recorded`;
}
