import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { grouped, number, unitText } from "../lib/words/numbers.ts";
import { dateTime } from "../lib/words/times.ts";
import { shownInAddress } from "./chart_address.ts";
import { gapMs, spansOf, statisticsOf } from "./chart_data.ts";
import { Overlaid, Stacked, Swatch } from "./compare_charts.tsx";
import { type Compared, type CompareProps, fetchCompared, followCompared } from "./compare_data.ts";
import { MissingNotice } from "./damage_notice.tsx";
import { Happenings } from "./happenings.tsx";
import { useMoves } from "./range_moves.ts";
import { ChartHead, NotLoaded } from "./sensor_parts.tsx";
import { StateBands } from "./state_bands.tsx";

const TABLE_ROWS = 120;

/** Several sensors over one range: charts, statistics, what happened, and the values as a table. */
export function CompareView(props: CompareProps): VNode {
  const [view, setView] = useState<Compared>({
    fromMs: props.fromMs,
    toMs: props.toMs,
    live: props.lengthMs !== null,
    series: props.series,
    annotations: props.annotations,
  });
  const [problem, setProblem] = useState<string | null>(null);
  const [spoken, setSpoken] = useState("");
  const current = useRef(view);
  current.current = view;
  const asked = useRef(0);

  async function load(fromMs: number, toMs: number, live: boolean): Promise<void> {
    const question = ++asked.current;
    try {
      const found = await fetchCompared(props, fromMs, toMs);
      if (question !== asked.current) return;
      setProblem(null);
      setView({ fromMs, toMs, live, ...found });
      shownInAddress(live ? null : { fromMs, toMs });
    } catch (error) {
      if (question !== asked.current) return;
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }
  const { back, zoom, look } = useMoves(props, current, load);
  useEffect(() => followCompared(props, current, setView), []);

  const places = props.sensors.map((_, i) => i);
  const numbers = places.filter((i) => props.sensors[i].kind === "number");
  const states = places.filter((i) => props.sensors[i].kind !== "number");
  const charts = {
    ...{ props, view, places: numbers, onZoom: zoom, onBack: back, onSpoken: setSpoken },
  };
  return (
    <>
      <ChartHead
        view={{ ...view, buckets: view.series[0] }}
        props={props}
        isStart={props.lengthMs === null ? view.fromMs === props.fromMs : view.live}
        onBack={back}
        onLook={look}
      />
      <NotLoaded what="charts" problem={problem} onAgain={back} />
      <MissingNotice missing={view.series.find(({ missing }) => missing)?.missing} />
      {numbers.length > 0 &&
        (props.layout === "overlaid" ? <Overlaid {...charts} /> : <Stacked {...charts} />)}
      {states.map((i) => {
        const { id, title, intervalMs, kind, states: words } = props.sensors[i];
        return (
          <section key={id} aria-label={title}>
            <h2>{title}</h2>
            <StateBands
              spans={spansOf(view.series[i], gapMs(view.series[i].bucketMs, intervalMs))}
              fromMs={view.fromMs}
              toMs={view.toMs}
              nowMs={props.nowMs}
              zone={props.zone}
              words={kind === "binary" ? ["off", "on"] : words}
            />
          </section>
        );
      })}
      <p class="hidden" aria-live="polite">{spoken}</p>
      <Statistics props={props} view={view} />
      <Happenings annotations={view.annotations} zone={props.zone} />
      <Values props={props} view={view} places={numbers} />
    </>
  );
}

function Statistics({ props, view }: { props: CompareProps; view: Compared }): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="The sensors">
      <table class="compared">
        <thead>
          <tr>
            <th scope="col" class="text">Sensor</th>
            <th scope="col">Lowest</th>
            <th scope="col">Mean</th>
            <th scope="col">Highest</th>
            <th scope="col" class="text">Unit</th>
            <th scope="col">Readings</th>
            <th scope="col">
              <span class="hidden">Leave out</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.sensors.map(({ id, title, unit, kind, decimals, without }, i) => {
            const found = statisticsOf(view.series[i]);
            const text = (value: number | undefined) =>
              kind === "number" && value !== undefined ? number(value, decimals) : "–";
            return (
              <tr key={id}>
                <th scope="row" class="text">
                  {kind === "number" && props.layout === "overlaid" && <Swatch place={i} />}
                  <a href={`/sensors/${id}`}>{title}</a>
                </th>
                <td>{text(found?.min)}</td>
                <td>{text(found?.mean)}</td>
                <td>{text(found?.max)}</td>
                <td class="text">{unitText(unit)}</td>
                <td>{grouped(found?.count ?? 0)}</td>
                <td>
                  <a href={without} aria-label={`Leave out ${title}`}>Leave out</a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What the charts show, step by step, for those who do not see it. */
function Values(
  { props, view, places }: { props: CompareProps; view: Compared; places: readonly number[] },
): VNode | null {
  if (places.length === 0) return null;
  const byTime = places.map((i) =>
    new Map(view.series[i].t.map((t, k) => [t, view.series[i].mean[k]]))
  );
  const times = [...new Set(places.flatMap((i) => view.series[i].t))].sort((a, b) => b - a);
  return (
    <details class="table">
      <summary>Values as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Values">
        <table>
          <caption>
            {times.length > TABLE_ROWS
              ? `The latest ${TABLE_ROWS} of ${times.length} steps`
              : "All steps"}, means, newest first
          </caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {places.map((i) => (
                <th scope="col" key={i}>
                  {props.sensors[i].title}
                  {unitText(props.sensors[i].unit) && ` (${unitText(props.sensors[i].unit)})`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.slice(0, TABLE_ROWS).map((t) => (
              <tr key={t}>
                <th scope="row">{dateTime(t, props.zone)}</th>
                {places.map((i, k) => {
                  const value = byTime[k].get(t);
                  return (
                    <td key={i}>
                      {value === undefined ? "" : number(value, props.sensors[i].decimals)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
