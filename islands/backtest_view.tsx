import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { optionText } from "../lib/words/durations.ts";
import { grouped, number } from "../lib/words/numbers.ts";
import { dateTime, duration } from "../lib/words/times.ts";
import type { ShownBacktest } from "../lib/detect/backtest/view.ts";
import { BacktestChart } from "./backtest_chart.tsx";
import type { Buckets } from "./chart_data.ts";
import { fetchOwn } from "./own.ts";

export interface BacktestViewProps {
  job: ShownBacktest;
  unit: string | null;
  zone: string;
  nowMs: number;
  buckets: Buckets;
  /** Widest distance that the chart's line bridges. */
  gap: number;
  /** Titles of the detector's options by name. */
  titles: Record<string, string>;
  /** What the button does that applies the options; null: they cannot be set per sensor. */
  apply: string | null;
}

type Trial = NonNullable<ShownBacktest["result"]>["changed"];
type Firing = Trial["firings"][number];

const POLL_MS = 400;
const SHOWN = 50;
const ICONS = { info: "●", warning: "▲", critical: "■" } as const;

/** A backtest: its progress while it runs, then what would have been raised, present and changed. */
export function BacktestView(props: BacktestViewProps): VNode {
  const [job, setJob] = useState(props.job);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => follow(props.job, setJob, setProblem), []);
  const { result } = job;
  return (
    <>
      <h1 class="answer" aria-live="polite">{answerOf(job)}</h1>
      {problem !== null && (
        <p class="banner warning" role="alert">
          {`Its progress could not be asked for (${problem}). It goes on; trying again.`}
        </p>
      )}
      {isOpen(job) && <Progress job={job} />}
      {job.error !== null && (
        <p class="error" role="alert">{`The backtest failed: ${job.error}.`}</p>
      )}
      <BacktestChart
        unit={props.unit}
        job={job}
        buckets={props.buckets}
        gap={props.gap}
        zone={props.zone}
        nowMs={props.nowMs}
      />
      <Options job={job} titles={props.titles} />
      {result !== null && (
        <>
          <p class="muted">
            {`${grouped(result.readings)} readings were judged. Single readings within five ` +
              "minutes of each other count as one."}
          </p>
          {props.apply !== null && (
            <form method="post" action="/backtest/apply">
              <input type="hidden" name="id" value={job.id} />
              <button type="submit" class="primary">{props.apply}</button>
            </form>
          )}
          <div class="trials">
            <Firings name="Changed" trial={result.changed} job={job} props={props} />
            {result.present === null
              ? (
                <section aria-labelledby="present">
                  <h2 id="present">Present</h2>
                  <p class="muted">This detector does not watch the sensor at present.</p>
                </section>
              )
              : <Firings name="Present" trial={result.present} job={job} props={props} />}
          </div>
        </>
      )}
    </>
  );
}

function Progress({ job }: { job: ShownBacktest }): VNode {
  return (
    <div class="progress">
      <progress max="1" value={job.progress} aria-label="Progress" />
      <form method="post" action="/backtest/cancel">
        <input type="hidden" name="id" value={job.id} />
        <button type="submit" class="small">Cancel</button>
      </form>
    </div>
  );
}

/** What was changed, beside what it is. */
function Options({ job, titles }: { job: ShownBacktest; titles: Record<string, string> }): VNode {
  const present = job.result?.present?.options;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Options">
      <table class="options">
        <thead>
          <tr>
            <th scope="col">Option</th>
            {present && <th scope="col">Present</th>}
            <th scope="col">Changed</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(job.options).map(([name, value]) => (
            <tr key={name} class={present && present[name] !== value ? "differs" : undefined}>
              <th scope="row">{titles[name] ?? name}</th>
              {present && <td>{optionText(name, present[name]) || "none"}</td>}
              <td>{optionText(name, value) || "none"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Firings(
  { name, trial, job, props }: {
    name: string;
    trial: Trial;
    job: ShownBacktest;
    props: BacktestViewProps;
  },
): VNode {
  const id = name.toLowerCase();
  return (
    <section class="anomalies" aria-labelledby={id}>
      <h2 id={id}>{`${name}: ${alarms(trial.count, job.detector)}`}</h2>
      {trial.raised_ms > 0 && (
        <p class="muted">{`Raised for ${duration(trial.raised_ms)} in all.`}</p>
      )}
      {trial.count === 0 && <p class="muted">Nothing would have been raised.</p>}
      <ul>
        {trial.firings.slice(0, SHOWN).map((firing) => (
          <li key={firing.start_ms}>
            <p>
              <span class={`mark ${firing.severity}`}>
                <span aria-hidden="true">{ICONS[firing.severity]}</span> {firing.severity}
              </span>{" "}
              <a href={placeOf(firing, job, props.zone)}>{dateTime(firing.start_ms, props.zone)}</a>
              {` · ${lengthOf(firing, job)}`}
              {firing.peak && ` · peak ${number(firing.peak.value)}` +
                  (props.unit === null ? "" : `\u00a0${props.unit}`)}
            </p>
            <details>
              <summary>{firing.headline}</summary>
              <p>{firing.reason}.</p>
            </details>
          </li>
        ))}
      </ul>
      {trial.count > SHOWN && (
        <p class="muted">{`The first ${SHOWN} of ${grouped(trial.count)}.`}</p>
      )}
    </section>
  );
}

const isOpen = ({ state }: ShownBacktest) => state === "waiting" || state === "running";

/** The z-score informs; all others alarm. */
function alarms(n: number, detector: string): string {
  const one = detector === "zscore" ? "finding" : "alarm";
  return n === 0 ? `no ${one}` : n === 1 ? `1 ${one}` : `${grouped(n)} ${one}s`;
}

function answerOf({ state, progress, result, detector }: ShownBacktest): string {
  if (state === "waiting") return "Waits for another backtest to end";
  if (state === "running") return `Runs over recorded readings: ${Math.floor(100 * progress)} %`;
  if (state === "failed") return "The backtest failed";
  if (result === null) return "The backtest was cancelled";
  const { present, changed } = result;
  const text = alarms(changed.count, detector);
  const first = text[0].toUpperCase() + text.slice(1);
  if (present === null) return `${first} in this range`;
  return present.count === changed.count
    ? `${first}, as many as with the present settings`
    : `${first} instead of ${grouped(present.count)}`;
}

function lengthOf(
  { start_ms: start, end_ms: end, findings }: Firing,
  { to_ms: to }: ShownBacktest,
): string {
  if (end === null) return `until the end, ${duration(to - start)}`;
  if (end > start) return duration(end - start);
  return findings === 1 ? "one reading" : `${findings} readings`;
}

/** The sensor's page around an alarm. */
function placeOf(
  { start_ms: start, end_ms: end }: Firing,
  { sensor_id, to_ms: to }: ShownBacktest,
  zone: string,
): string {
  const length = Math.max(300_000, (end ?? to) - start);
  const at = (tMs: number) => encodeURIComponent(dateTime(tMs, zone).replace(" ", "T"));
  return `/sensors/${sensor_id}?from=${at(start - length)}&to=${at(start + 2 * length)}`;
}

/** Asks for the backtest until it is over. Gives the function that stops it. */
function follow(
  first: ShownBacktest,
  setJob: (job: ShownBacktest) => void,
  setProblem: (problem: string | null) => void,
): () => void {
  if (!isOpen(first)) return () => {};
  let gone = false;
  (async () => {
    for (let job = first; isOpen(job) && !gone;) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      try {
        const response = await fetchOwn(`/api/backtests/${first.id}`);
        const answer = await response.json();
        if (!response.ok) throw new Error(answer.detail);
        setProblem(null);
        if (!gone) setJob(job = answer);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
    }
  })();
  return () => void (gone = true);
}
