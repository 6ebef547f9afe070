import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dateTime } from "../lib/words/times.ts";
import { DamageNotice, MissingNotice } from "./damage_notice.tsx";
import { gapMs, spansOf } from "./chart_data.ts";
import { AnomalyList } from "./anomaly_list.tsx";
import { shownInAddress } from "./chart_address.ts";
import { AddNote, Happenings } from "./happenings.tsx";
import { bandsOf, limitWords } from "./limits.ts";
import { PlainChart } from "./plain_chart.tsx";
import { useMoves } from "./range_moves.ts";
import { StateBands } from "./state_bands.tsx";
import { StatusStrip, StatusTable } from "./status_strip.tsx";
import {
  exportLink,
  fetchAnnotations,
  fetchMarks,
  fetchTrend,
  link,
  pointText,
  type SensorViewProps,
  type View,
} from "./sensor_data.ts";
import { follow, followAlarms, followMarks, followStatus } from "./sensor_follow.ts";
import { ChartHead, Figures, NotLoaded } from "./sensor_parts.tsx";
import { StateTable, ValueTable } from "./sensor_tables.tsx";
import type { Chart } from "./uplot_chart.ts";

/** Chart, statistics, table and downloads of one sensor over a range. */
export function SensorView(props: SensorViewProps): VNode {
  const start: View = {
    fromMs: props.fromMs,
    toMs: props.toMs,
    live: props.lengthMs !== null,
    buckets: props.buckets,
    spans: props.spans,
    marks: props.marks,
    annotations: props.annotations,
  };
  const [clickedMs, setClickedMs] = useState<number | null>(null);
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
      const [{ buckets, spans }, marks, annotations] = await Promise.all([
        fetchTrend(props, fromMs, toMs),
        fetchMarks(props, fromMs, toMs),
        fetchAnnotations([props.id], fromMs, toMs),
      ]);
      if (question !== asked.current) return;
      setProblem(null);
      setView({ fromMs, toMs, live, buckets, spans, marks, annotations });
      shownInAddress(live ? null : { fromMs, toMs });
    } catch (error) {
      if (question !== asked.current) return;
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  const { back, zoom, look } = useMoves(props, current, load);

  /** What happened is asked for anew. */
  const renew = async () => {
    const { fromMs, toMs } = current.current;
    const annotations = await fetchAnnotations([props.id], fromMs, toMs).catch(() => null);
    if (annotations !== null) setView({ ...current.current, annotations });
  };

  useEffect(() => {
    if (states || root.current === null) return;
    let gone = false;
    import("./uplot_chart.ts").then(({ createChart }) => {
      if (gone || root.current === null) return;
      setDrawn(true);
      const made = createChart(root.current, {
        unit: props.unit,
        decimals: props.decimals,
        bands: bandsOf(props.limits),
        zone: props.zone,
        onZoom: zoom,
        onBack: back,
        onClick: setClickedMs,
      });
      chart.current = made;
      draw(made, current.current, props);
    });
    return () => {
      gone = true;
      chart.current?.destroy();
    };
  }, []);
  useEffect(() => {
    if (chart.current) draw(chart.current, view, props);
  }, [view]);
  useEffect(() => follow(props, current, setView), []);
  useEffect(() => followStatus(props, current, setView), []);
  useEffect(() => followMarks(props, current, setView), []);
  useEffect(() => followAlarms(props, current, setView), []);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.key === "Escape" && !isStart(view, props)) back();
    if (step === undefined || chart.current === null) return;
    event.preventDefault();
    const i = chart.current.step(step);
    if (i !== null) setSpoken(pointText(current.current.buckets, i, props));
  };
  const limits = limitWords(props.limits, props.unit);
  const words = props.kind === "binary" ? ["off", "on"] : props.states;
  return (
    <>
      <ChartHead
        view={view}
        props={props}
        isStart={isStart(view, props)}
        onBack={back}
        onLook={look}
      />
      <NotLoaded what="chart" problem={problem} onAgain={back} />
      <MissingNotice missing={view.buckets.missing} />
      <DamageNotice damaged={view.buckets.damaged ?? []} zone={props.zone} />
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
                bands={bandsOf(props.limits)}
                decimals={props.decimals}
              />
            )}
            <div class="plot" ref={root} />
          </div>
        )}
      <p class="hidden" aria-live="polite">{spoken}</p>
      <StatusStrip spans={view.spans} fromMs={view.fromMs} toMs={view.toMs} zone={props.zone} />
      {limits !== null && <p class="muted">{`Limits: ${limits}.`}</p>}
      {!states && <Figures view={view} props={props} />}
      <Happenings annotations={view.annotations} zone={props.zone} />
      {props.mayJudge && (
        <AddNote
          sensor={props.id}
          atMs={clickedMs ?? (view.live ? props.nowMs : view.toMs)}
          zone={props.zone}
          back={`/sensors/${encodeURIComponent(props.id)}`}
          onAdded={() => void renew()}
        />
      )}
      <p class="downloads">
        Download this range: <a href={link(props, view, "csv")} download>CSV</a>{" "}
        <a href={link(props, view, "ndjson")} download>NDJSON</a>{" "}
        <a href={link(props, view, "json")}>JSON</a>{" "}
        <a href={exportLink(props, view)}>Other formats and sensors</a>
      </p>
      {states
        ? <StateTable spans={spansOf(view.buckets, gap)} words={words} zone={props.zone} />
        : <ValueTable view={view} props={props} />}
      <StatusTable spans={view.spans} zone={props.zone} />
      <AnomalyList
        marks={view.marks}
        unit={props.unit}
        decimals={props.decimals}
        zone={props.zone}
        mayJudge={props.mayJudge}
      />
    </>
  );
}

function draw(chart: Chart, view: View, props: SensorViewProps): void {
  chart.show(view.buckets, view.fromMs, view.toMs, gapMs(view.buckets.bucketMs, props.intervalMs));
  chart.mark(view.marks);
  chart.annotate(view.annotations);
}

function isStart(view: View, props: SensorViewProps): boolean {
  return props.lengthMs === null ? view.fromMs === props.fromMs : view.live;
}
