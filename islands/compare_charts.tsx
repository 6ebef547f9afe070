/** The charts of a comparison: one over the other, or beneath each other on one axis of time. */
import { unitText } from "../lib/words/numbers.ts";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { gapMs } from "./chart_data.ts";
import type { Compared, ComparedSensor, CompareProps } from "./compare_data.ts";
import { lookOf, shownWith } from "./compare_data.ts";
import { dateTime } from "../lib/words/times.ts";
import { PlainChart } from "./plain_chart.tsx";
import type { Chart } from "./uplot_chart.ts";
import type { LinesChart } from "./uplot_lines.ts";

interface ChartsProps {
  props: CompareProps;
  view: Compared;
  /** Places of the sensors that have numbers. */
  places: readonly number[];
  onZoom: (fromMs: number, toMs: number) => void;
  onBack: () => void;
  onSpoken: (text: string) => void;
}

/** What all charts of the page have: they are made once and drawn with each view. */
interface Drawn {
  draw(view: Compared): void;
  step(step: number): string | null;
  destroy(): void;
}

function useDrawn(
  view: Compared,
  make: (root: HTMLElement) => Promise<Drawn>,
): { root: { current: HTMLDivElement | null }; drawn: Drawn | null } {
  const root = useRef<HTMLDivElement | null>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const latest = useRef(view);
  latest.current = view;
  useEffect(() => {
    let gone = false;
    let made: Drawn | null = null;
    make(root.current!).then((chart) => {
      if (gone) return chart.destroy();
      made = chart;
      chart.draw(latest.current);
      setDrawn(chart);
    });
    return () => {
      gone = true;
      made?.destroy();
    };
  }, []);
  useEffect(() => drawn?.draw(view), [view]);
  return { root, drawn };
}

/** All numbers in one chart. */
export function Overlaid({ props, view, places, onZoom, onBack, onSpoken }: ChartsProps): VNode {
  const { root, drawn } = useDrawn(view, async (root) => {
    const { createLines } = await import("./uplot_lines.ts");
    const chart: LinesChart = createLines(root, {
      sensors: places.map((i) => ({ sensor: props.sensors[i], look: i })),
      ...{ zone: props.zone, onZoom, onBack },
    });
    return {
      ...chart,
      draw({ series, fromMs, toMs, annotations }) {
        chart.show(places.map((i) => series[i]), fromMs, toMs);
        chart.annotate(annotations);
      },
    };
  });
  return (
    <Framed name="All sensors in one chart" drawn={drawn} onBack={onBack} onSpoken={onSpoken}>
      {drawn === null && <Plain props={props} places={places} />}
      <div class="plot" ref={root} />
    </Framed>
  );
}

/** A chart for each, with one cursor. */
export function Stacked(charts: ChartsProps): VNode {
  return (
    <div class="stacked">
      {charts.places.map((i) => <One key={charts.props.sensors[i].id} {...charts} place={i} />)}
    </div>
  );
}

function One(
  { props, view, place, onZoom, onBack, onSpoken }: ChartsProps & { place: number },
): VNode {
  const sensor = props.sensors[place];
  const { root, drawn } = useDrawn(view, async (root) => {
    const { createChart } = await import("./uplot_chart.ts");
    const { unit, decimals, intervalMs } = sensor;
    const chart: Chart = createChart(root, {
      ...{ unit, decimals, bands: [], zone: props.zone, onZoom, onBack, sync: "compare" },
    });
    let shown = view;
    return {
      ...chart,
      draw(next) {
        shown = next;
        const buckets = next.series[place];
        chart.show(buckets, next.fromMs, next.toMs, gapMs(buckets.bucketMs, intervalMs));
        chart.annotate(next.annotations.filter((one) => concerns(one, sensor)));
      },
      step(step) {
        const i = chart.step(step);
        if (i === null) return null;
        const { t, mean } = shown.series[place];
        return `${dateTime(t[i], props.zone)}, ${sensor.title}: ${shownWith(sensor, mean[i])}`;
      },
    };
  });
  return (
    <section aria-label={sensor.title}>
      <h2>
        {sensor.title}
        {unitText(sensor.unit) && <span class="unit">{unitText(sensor.unit)}</span>}
      </h2>
      <Framed name={sensor.title} drawn={drawn} onBack={onBack} onSpoken={onSpoken}>
        {drawn === null && <Plain props={props} places={[place]} />}
        <div class="plot" ref={root} />
      </Framed>
    </section>
  );
}

/** Of the machine as a whole, of the site, or of this very sensor. */
function concerns(
  { sensor, machine }: { sensor: string | null; machine: string | null },
  { name }: ComparedSensor,
): boolean {
  return sensor === null ? machine === null || name.startsWith(`${machine}/`) : sensor === name;
}

function Framed({ name, drawn, onBack, onSpoken, children }: {
  name: string;
  drawn: Drawn | null;
  onBack: () => void;
  onSpoken: (text: string) => void;
  children: preact.ComponentChildren;
}): VNode {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.key === "Escape") onBack();
    if (step === undefined || drawn === null) return;
    event.preventDefault();
    const spoken = drawn.step(step);
    if (spoken !== null) onSpoken(spoken);
  };
  return (
    <div
      class="chart"
      tabIndex={0}
      role="application"
      aria-label={`${name}. Arrow keys step through points; Escape goes back. The same values stand in the table below.`}
      onKeyDown={onKeyDown}
    >
      {children}
    </div>
  );
}

/** Before, and without, the script: beneath each other. */
function Plain({ props, places }: { props: CompareProps; places: readonly number[] }): VNode {
  const { fromMs, toMs, zone, nowMs } = props;
  return (
    <>
      {places.filter((i) => props.series[i].t.length > 0).map((i) => {
        const { title, decimals, intervalMs, id } = props.sensors[i];
        const buckets = props.series[i];
        return (
          <PlainChart
            key={id}
            {...{ buckets, fromMs, toMs, zone, nowMs, title, decimals, bands: [] }}
            gap={gapMs(buckets.bucketMs, intervalMs)}
          />
        );
      })}
    </>
  );
}

/** A piece of the line, for the table. */
export function Swatch({ place }: { place: number }): VNode {
  const { tone, dash } = lookOf(place);
  return (
    <svg class={`line-key tone${tone.slice(1)}`} viewBox="0 0 28 10" aria-hidden="true">
      <line x1="0" x2="28" y1="5" y2="5" stroke-dasharray={dash.join(" ")} />
    </svg>
  );
}
