import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { addReading, type Buckets, gapMs, type Span, spansOf, statisticsOf } from "./chart_data.ts";
import { clockTime, dateTime, duration, grouped, number } from "./format.ts";
import { AnomalyList, isShown, type Mark } from "./anomaly_list.tsx";
import { onAnomaly, onReadings, onReset, serverNow } from "./live.ts";
import { PlainChart } from "./plain_chart.tsx";
import { StateBands, wordOf } from "./state_bands.tsx";
import type { Chart } from "./uplot_chart.ts";

export interface SensorViewProps {
  id: string;
  name: string;
  unit: string | null;
  kind: "number" | "binary" | "text";
  /** Texts of a state sensor by code. */
  states: string[];
  intervalMs: number | null;
  /** Length of the range that ends now, or null for a fixed one. */
  lengthMs: number | null;
  /** Name of the range in links. */
  range: string;
  fromMs: number;
  toMs: number;
  nowMs: number;
  zone: string;
  points: number;
  buckets: Buckets;
  /** Newest first. */
  marks: Mark[];
  /** May say whether an anomaly was real. */
  mayJudge: boolean;
}

interface View {
  fromMs: number;
  toMs: number;
  /** Follows the newest reading. */
  live: boolean;
  buckets: Buckets;
  marks: Mark[];
}

const TABLE_ROWS = 120;
const MARKS_MOST = 200;
const LEAST_SPAN_MS = 2_000;

/** Chart, statistics, table and downloads of one sensor over a range. */
export function SensorView(props: SensorViewProps): VNode {
  const start: View = {
    fromMs: props.fromMs,
    toMs: props.toMs,
    live: props.lengthMs !== null,
    buckets: props.buckets,
    marks: props.marks,
  };
  const [view, setView] = useState(start);
  const [problem, setProblem] = useState<string | null>(null);
  const [spoken, setSpoken] = useState("");
  const [drawn, setDrawn] = useState(false);
  const chart = useRef<Chart | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const current = useRef(view);
  current.current = view;
  const asked = useRef(0);
  const states = props.kind !== "number";
  const gap = gapMs(view.buckets.bucketMs, props.intervalMs);

  async function load(fromMs: number, toMs: number, live: boolean): Promise<void> {
    const question = ++asked.current;
    try {
      const [buckets, marks] = await Promise.all([
        fetchBuckets(props, fromMs, toMs),
        fetchMarks(props, fromMs, toMs),
      ]);
      if (question !== asked.current) return;
      setProblem(null);
      setView({ fromMs, toMs, live, buckets, marks });
    } catch (error) {
      if (question !== asked.current) return;
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  const back = () => {
    if (props.lengthMs === null) return load(props.fromMs, props.toMs, false);
    const toMs = serverNow();
    return load(toMs - props.lengthMs, toMs, true);
  };
  const zoom = (fromMs: number, toMs: number) =>
    load(Math.floor(fromMs), Math.max(Math.ceil(toMs), Math.floor(fromMs) + 1000), false);

  /** Moves by `steps` half ranges, then makes the range `factor` times as long around its middle. */
  const look = (steps: number, factor: number) => {
    const { fromMs, toMs } = current.current;
    const half = Math.max(LEAST_SPAN_MS, (toMs - fromMs) * factor) / 2;
    const middle = (fromMs + toMs) / 2 + steps * (toMs - fromMs) / 2;
    const end = Math.min(middle + half, serverNow());
    return load(Math.max(0, Math.floor(end - 2 * half)), Math.ceil(end), false);
  };

  useEffect(() => {
    if (states || root.current === null) return;
    let gone = false;
    import("./uplot_chart.ts").then(({ createChart }) => {
      if (gone || root.current === null) return;
      setDrawn(true);
      const made = createChart(root.current, {
        unit: props.unit,
        zone: props.zone,
        onZoom: zoom,
        onBack: back,
      });
      chart.current = made;
      draw(made, current.current, props);
    });
    const redraw = () => chart.current && draw(chart.current, current.current, props);
    const observer = new ResizeObserver(() => chart.current?.resize());
    observer.observe(root.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    addEventListener("themechange", redraw);
    return () => {
      gone = true;
      observer.disconnect();
      dark.removeEventListener("change", redraw);
      removeEventListener("themechange", redraw);
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (chart.current) draw(chart.current, view, props);
  }, [view]);
  useEffect(() => follow(props, current, setView), []);
  useEffect(() => followMarks(props, current, setView), []);
  useEffect(() => onReset(() => void (current.current.live && back())), []);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.key === "Escape" && !isStart(view, props)) back();
    if (step === undefined || chart.current === null) return;
    event.preventDefault();
    const i = chart.current.step(step);
    if (i !== null) setSpoken(pointText(current.current.buckets, i, props));
  };
  const statistics = states ? null : statisticsOf(view.buckets);
  const words = props.kind === "binary" ? ["off", "on"] : props.states;
  return (
    <>
      <div class="chart-head">
        <span class="muted">
          {clockTime(view.fromMs, props.nowMs, props.zone)} to{" "}
          {view.live ? "now" : clockTime(view.toMs, props.nowMs, props.zone)}
          {view.buckets.bucketMs > 1 && `, in steps of ${duration(view.buckets.bucketMs)}`}
        </span>
        <div class="looks" role="group" aria-label="Move through time">
          {!isStart(view, props) && (
            <button type="button" class="small" onClick={back}>
              {props.lengthMs === null ? "Whole range" : "Back to live"}
            </button>
          )}
          <Look name="Earlier" sign="‹" onClick={() => look(-1, 1)} />
          <Look name="Later" sign="›" onClick={() => look(1, 1)} />
          <Look name="Zoom in" sign="+" onClick={() => look(0, 0.5)} />
          <Look name="Zoom out" sign="−" onClick={() => look(0, 2)} />
        </div>
      </div>
      {problem !== null && (
        <p class="banner warning" role="alert">
          The chart could not be loaded: {problem}{" "}
          <button type="button" class="small" onClick={back}>Try again</button>
        </p>
      )}
      {view.buckets.t.length === 0 && (
        <p class="empty">
          No readings between {dateTime(view.fromMs, props.zone)} and{" "}
          {dateTime(view.toMs, props.zone)}. Choose a longer range.
        </p>
      )}
      {states
        ? (
          <StateBands
            spans={spansOf(view.buckets, gap)}
            fromMs={view.fromMs}
            toMs={view.toMs}
            nowMs={props.nowMs}
            zone={props.zone}
            words={words}
          />
        )
        : (
          <div
            class="chart"
            tabIndex={0}
            role="application"
            aria-label={`Chart of ${props.name}. Arrow keys step through points; Escape goes back. The same values stand in the table below.`}
            onKeyDown={onKeyDown}
          >
            {!drawn && view.buckets.t.length > 0 && (
              <PlainChart
                buckets={props.buckets}
                fromMs={props.fromMs}
                toMs={props.toMs}
                gap={gapMs(props.buckets.bucketMs, props.intervalMs)}
                zone={props.zone}
                nowMs={props.nowMs}
                title={`Chart of ${props.name}`}
              />
            )}
            <div class="plot" ref={root} />
          </div>
        )}
      <p class="hidden" aria-live="polite">{spoken}</p>
      {statistics && (
        <dl class="figures">
          <Figure name="Lowest" value={number(statistics.min)} unit={props.unit} />
          <Figure name="Mean" value={number(statistics.mean)} unit={props.unit} />
          <Figure name="Highest" value={number(statistics.max)} unit={props.unit} />
          <Figure name="Readings" value={grouped(statistics.count)} unit={null} />
        </dl>
      )}
      <p class="downloads">
        Download this range: <a href={link(props, view, "csv")} download>CSV</a>{" "}
        <a href={link(props, view, "ndjson")} download>NDJSON</a>{" "}
        <a href={link(props, view, "json")}>JSON</a>
      </p>
      {states
        ? <StateTable spans={spansOf(view.buckets, gap)} words={words} zone={props.zone} />
        : <ValueTable view={view} props={props} />}
      <AnomalyList
        marks={view.marks}
        unit={props.unit}
        zone={props.zone}
        mayJudge={props.mayJudge}
      />
    </>
  );
}

/** What dragging does, for those who cannot drag. */
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

function ValueTable({ view, props }: { view: View; props: SensorViewProps }): VNode {
  const { buckets } = view;
  const from = Math.max(0, buckets.t.length - TABLE_ROWS);
  return (
    <details class="table">
      <summary>Values as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Values">
        <table>
          <caption>
            {from > 0 ? `The latest ${TABLE_ROWS} of ${buckets.t.length} steps` : "All steps"},
            newest first
          </caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Mean</th>
              <th scope="col">Lowest</th>
              <th scope="col">Highest</th>
              <th scope="col">Readings</th>
            </tr>
          </thead>
          <tbody>
            {buckets.t.slice(from).map((t, i) => (
              <tr key={t}>
                <th scope="row">{dateTime(t, props.zone)}</th>
                <td>{number(buckets.mean[from + i])}</td>
                <td>{number(buckets.min[from + i])}</td>
                <td>{number(buckets.max[from + i])}</td>
                <td>{buckets.n[from + i]}</td>
              </tr>
            )).reverse()}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function StateTable(
  { spans, words, zone }: { spans: Span[]; words: readonly string[]; zone: string },
): VNode {
  return (
    <details class="table">
      <summary>Changes as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Changes">
        <table>
          <caption>Newest first</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col" class="text">State</th>
              <th scope="col">For</th>
            </tr>
          </thead>
          <tbody>
            {spans.slice(-TABLE_ROWS).reverse().map(({ fromMs, toMs, state }) => (
              <tr key={fromMs}>
                <th scope="row">{dateTime(fromMs, zone)}</th>
                <td class="text">{wordOf(state, words)}</td>
                <td>{duration(toMs - fromMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Figure(props: { name: string; value: string; unit: string | null }): VNode {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {props.unit && <span class="unit">{props.unit}</span>}
      </dd>
    </div>
  );
}

function draw(chart: Chart, view: View, props: SensorViewProps): void {
  chart.show(view.buckets, view.fromMs, view.toMs, gapMs(view.buckets.bucketMs, props.intervalMs));
  chart.mark(view.marks);
}

/** Adds what is found while the view is live. */
function followMarks(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  return onAnomaly((anomaly) => {
    const mark = anomaly as Mark & { sensor_id: string | null };
    if (mark.sensor_id !== props.id || !isShown(mark) || !current.current.live) return;
    // The stream may begin before the page was made.
    if (current.current.marks.some(({ id }) => id === mark.id)) return;
    const marks = [mark, ...current.current.marks].slice(0, MARKS_MOST);
    setView({ ...current.current, marks });
  });
}

/** Adds live readings while the view is live; the picture changes at most four times a second. */
function follow(
  props: SensorViewProps,
  current: { current: View },
  setView: (view: View) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  const length = props.lengthMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = onReadings((readings) => {
    if (!current.current.live) return;
    for (const { sensor, ts, value } of readings) {
      if (sensor !== props.name) continue;
      const code = typeof value === "string" ? props.states.indexOf(value) : value;
      if (code >= 0 || props.kind === "number") {
        addReading(current.current.buckets, ts, code, serverNow() - length);
      }
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!current.current.live) return;
      const toMs = serverNow();
      setView({ ...current.current, fromMs: toMs - length, toMs });
    }, 250);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

function isStart(view: View, props: SensorViewProps): boolean {
  return props.lengthMs === null ? view.fromMs === props.fromMs : view.live;
}

async function fetchBuckets(props: SensorViewProps, from: number, to: number): Promise<Buckets> {
  const query = new URLSearchParams({
    sensor: props.id,
    from: String(from),
    to: String(to),
    points: String(props.points),
  });
  const response = await fetch(`/api/readings?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  const { t, min, mean, max, n } = answer;
  return { bucketMs: answer.bucket_ms, t, min, mean, max, n };
}

async function fetchMarks(props: SensorViewProps, from: number, to: number): Promise<Mark[]> {
  const query = new URLSearchParams({
    sensor: props.id,
    from: String(Math.max(0, from)),
    to: String(to),
    limit: String(MARKS_MOST),
  });
  const response = await fetch(`/api/anomalies?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return (answer.items as Mark[]).filter(isShown);
}

function link(props: SensorViewProps, view: View, format: "csv" | "ndjson" | "json"): string {
  const query = new URLSearchParams({
    sensor: props.id,
    from: String(Math.floor(view.fromMs)),
    to: String(Math.ceil(view.toMs)),
    points: "0",
    format,
  });
  return `/api/readings?${query}`;
}

function pointText(buckets: Buckets, i: number, props: SensorViewProps): string {
  const unit = props.unit ?? "";
  const mean = `${dateTime(buckets.t[i], props.zone)}: ${number(buckets.mean[i])} ${unit}`;
  return buckets.n[i] === 1
    ? mean
    : `${mean}, ${number(buckets.min[i])} to ${number(buckets.max[i])}`;
}
