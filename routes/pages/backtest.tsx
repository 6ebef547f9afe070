import type { VNode } from "preact";
import { z } from "zod";
import { BacktestView, type BacktestViewProps } from "../../islands/backtest_view.tsx";
import { gapMs } from "../../islands/chart_data.ts";
import { label, title } from "../../islands/format.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { detectorFor, detectorsFor } from "../../lib/detect/backtest/request.ts";
import type { Backtest } from "../../lib/detect/backtest/shapes.ts";
import type { Detector } from "../../lib/detect/detector.ts";
import type { Sensor } from "../../lib/machines/registry.ts";
import { caller } from "../access/caller.ts";
import { Field, FormError, Select } from "./form.tsx";
import { backtestJson } from "../backtests.ts";
import { noteOf } from "../machines.ts";
import { findSensor } from "../params.ts";
import { type Route, route, type RouteContext } from "../route.ts";
import { Island } from "./island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "./page_form.ts";
import { chooseRange, localText, RANGES } from "./range.ts";
import { bucketsOf } from "./rows.ts";
import type { PageParts } from "./services.ts";

const PAGE = "/backtest";
const POINTS = 600;
const REFRESH_S = 2;
const CUSTOM = "custom";
const id = z.string().max(40);

/** Text of an option's field, and what it is called. */
interface OptionField {
  name: string;
  title: string;
  help?: string;
  value: string;
}

/** `/backtest`: what a detector would have raised with other options, over recorded readings. */
export function backtestPages(parts: PageParts): Route[] {
  const { backtests, sensors } = parts;
  const form = (context: RouteContext, sent: SentForm, chosen: Chosen) =>
    parts.frame.answer(context.c, context.who, {
      title: "Backtest",
      place: "/sensors",
      status: sent.status,
      content: <Form parts={parts} chosen={chosen} sent={sent} />,
    });
  const again = (context: RouteContext, sent: SentForm) =>
    form(context, sent, choose(parts, sent.values));
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "engineer",
      summary: null,
      query: z.object({
        sensor: z.string().max(2000).optional(),
        detector: z.string().max(100).optional(),
      }).loose(),
      handler: (context) => {
        const { sensor, detector } = context.query;
        const chosen = choose(parts, { sensor, detector });
        return form(context as RouteContext, NOTHING_SENT, chosen);
      },
    }),
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "engineer",
      summary: null,
      params: z.object({ id }),
      handler: (context) =>
        result(parts, context as RouteContext, backtests.find(context.params.id)),
    }),
    formAction(
      `${PAGE}/run`,
      z.object({
        sensor: z.string().max(2000),
        detector: z.string().max(100),
        range: z.string().max(10),
        from: z.string().max(30).optional(),
        to: z.string().max(30).optional(),
      }).catchall(z.string().max(100)),
      async (given, context) => {
        const { sensor: name, detector, range, from, to, ...fields } = given;
        const sensor = findSensor(sensors, name);
        const started = await backtests.start({
          sensor,
          detector,
          options: optionsOf(detectorFor(sensor, detector), fields as Record<string, string>),
          ...rangeOf(parts, range === CUSTOM ? { from: from ?? "", to: to ?? "" } : { range }),
          by: caller(context).name,
        });
        return `${PAGE}/${started.id}`;
      },
      again,
    ),
    formAction(`${PAGE}/cancel`, z.strictObject({ id }), (given) => {
      backtests.cancel(given.id);
      return Promise.resolve(`${PAGE}/${given.id}`);
    }, again),
    formAction(`${PAGE}/apply`, z.strictObject({ id }), async (given, context) => {
      const { detector, options, sensor } = backtests.find(given.id);
      const settings = parts.settingsOf(detector, options);
      if (settings === null) {
        throw new PerchError("validation", "the options of this detector cannot be set per sensor");
      }
      await parts.service.patchSensor(sensor.id, settings, noteOf(parts.audit, context));
      return `/sensors/${sensor.id}`;
    }, again),
  ];
}

/** What the form is about: a sensor, once one was named that exists, and a detector for it. */
type Chosen = { sensor: Sensor; detector: Detector } | { sensor: null; problem: string | null };

function choose(parts: PageParts, given: { sensor?: string; detector?: string }): Chosen {
  if (!given.sensor) return { sensor: null, problem: null };
  try {
    const sensor = findSensor(parts.sensors, given.sensor);
    const possible = detectorsFor(sensor.kind);
    return { sensor, detector: possible.find((d) => d.name === given.detector) ?? possible[0] };
  } catch (error) {
    if (!(error instanceof PerchError)) throw error;
    return { sensor: null, problem: error.message };
  }
}

function rangeOf(
  parts: PageParts,
  query: { range?: string; from?: string; to?: string },
): { fromMs: number; toMs: number } {
  const { range, problem } = chooseRange(query, parts.clock.now(), parts.zone);
  if (problem === null) return { fromMs: range.fromMs, toMs: range.toMs + 1 };
  throw new PerchError("validation", problem, { errors: [{ path: "from", message: problem }] });
}

/** Texts of the fields `options.<name>` as numbers; an empty one is none, or left as it is. */
function optionsOf(detector: Detector, fields: Record<string, string>): Record<string, unknown> {
  const defaults = detector.options.parse({}) as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(fields)) {
    const name = field.replace(/^options\./, "");
    const text = given.trim().replace(",", ".");
    if (text === "") {
      if (defaults[name] === null) out[name] = null;
      continue;
    }
    // What is no number stays text: the detector says what it allows.
    const value = Number(text);
    out[name] = Number.isNaN(value) ? given : value;
  }
  return out;
}

function fieldsOf(detector: Detector, present: unknown): OptionField[] {
  const schema = z.toJSONSchema(detector.options, { io: "input" }) as {
    properties: Record<string, { title?: string; description?: string }>;
  };
  const values = (present ?? detector.options.parse({})) as Record<string, unknown>;
  return Object.entries(schema.properties).map(([name, { title, description }]) => ({
    name,
    title: title ?? name,
    help: description,
    value: String(values[name] ?? ""),
  }));
}

function Form(
  { parts, chosen, sent }: { parts: PageParts; chosen: Chosen; sent: SentForm },
): VNode {
  const jobs = parts.backtests.list();
  return (
    <>
      <h1>Backtest</h1>
      <p class="intro">
        Runs a detector with other options over what a sensor has recorded, beside the options it
        has now. Nothing is changed by it.
      </p>
      {chosen.sensor === null
        ? <SensorForm problem={chosen.problem ?? sent.errors.sensor ?? sent.errors.form} />
        : (
          <>
            <nav class="chips" aria-label="Detector">
              {detectorsFor(chosen.sensor.kind).map((d) => (
                <a
                  key={d.name}
                  class="chip"
                  href={`${PAGE}?sensor=${chosen.sensor!.id}&detector=${d.name}`}
                  aria-current={d === chosen.detector ? "true" : undefined}
                >
                  {d.title}
                </a>
              ))}
            </nav>
            <RunForm parts={parts} sensor={chosen.sensor} detector={chosen.detector} sent={sent} />
          </>
        )}
      {jobs.length > 0 && <Jobs jobs={jobs} />}
    </>
  );
}

function SensorForm({ problem }: { problem?: string }): VNode {
  return (
    <form method="get" action={PAGE} class="settings">
      <Field
        name="sensor"
        label="Sensor"
        help="Full name or machine/sensor. The page of each sensor leads here, too."
        error={problem}
        autocomplete="off"
      />
      <button type="submit" class="primary">Choose</button>
    </form>
  );
}

function RunForm(
  { parts, sensor, detector, sent }: {
    parts: PageParts;
    sensor: Sensor;
    detector: Detector;
    sent: SentForm;
  },
): VNode {
  const { values, errors } = sent;
  const present = parts.backtests.present(sensor.num, detector.name);
  const fields = fieldsOf(detector, present);
  const nowMs = parts.clock.now();
  const whole = errors.form ?? errors.detector ?? errors.sensor;
  return (
    <form method="post" action={`${PAGE}/run`} class="settings">
      <FormError>{whole}</FormError>
      <input type="hidden" name="sensor" value={sensor.id} />
      <input type="hidden" name="detector" value={detector.name} />
      <section class="card" aria-labelledby="options">
        <h2 id="options">
          {`${detector.title} of ${label(sensor.machine)}, ${
            sensor.settings.display_name ?? title(sensor.sensor)
          }`}
        </h2>
        <p class="help">
          {detector.about}
          {present === null && " It does not watch this sensor at present."}
        </p>
        <div class="fields">
          {fields.map(({ name, title, help, value }) => (
            <Field
              key={name}
              name={`options.${name}`}
              id={`option-${name}`}
              label={title}
              help={help}
              value={values[`options.${name}`] ?? value}
              error={errors[`options.${name}`]}
              autocomplete="off"
              required={false}
            />
          ))}
        </div>
      </section>
      <section class="card" aria-labelledby="range-of">
        <h2 id="range-of">Recorded readings</h2>
        <div class="fields">
          <Select
            name="range"
            label="Range"
            options={[
              ...RANGES.map(({ key, name }) => [key, `The last ${name}`] as const),
              [CUSTOM, "From … to …"],
            ]}
            value={values.range ?? "24h"}
          />
          <Field
            type="datetime-local"
            required={false}
            name="from"
            label="From"
            value={values.from ?? localText(nowMs - 86_400_000, parts.zone)}
            error={errors.from}
          />
          <Field
            type="datetime-local"
            required={false}
            name="to"
            label="To"
            value={values.to ?? localText(nowMs, parts.zone)}
            help={`Both count for “From … to …” alone. Times in ${parts.zone}.`}
          />
        </div>
      </section>
      <p>
        <button type="submit" class="primary">Run</button>
      </p>
    </form>
  );
}

const STATES: Record<Backtest["state"], string> = {
  waiting: "waits",
  running: "runs",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

function Jobs({ jobs }: { jobs: Backtest[] }): VNode {
  return (
    <section class="card" aria-labelledby="latest">
      <h2 id="latest">Latest backtests</h2>
      <p class="help">Kept until Perch is started anew.</p>
      {jobs.map((job) => (
        <a key={job.id} class="row" href={`${PAGE}/${job.id}`}>
          <span class="row-name">{job.sensor.name}</span>
          <span>{job.detector}</span>
          <span class="muted">{STATES[job.state]}</span>
        </a>
      ))}
    </section>
  );
}

async function result(parts: PageParts, context: RouteContext, job: Backtest): Promise<Response> {
  const { fromMs, toMs, detector } = job;
  const sensor = parts.sensors.find(job.sensor.id);
  const series = sensor &&
    await parts.readings.buckets({ sensor: sensor.num, fromMs, toMs, points: POINTS });
  const buckets = series
    ? bucketsOf(series)
    : { bucketMs: 1, t: [], min: [], mean: [], max: [], n: [] };
  const known = detectorsFor(sensor?.kind ?? "number").find((d) => d.name === detector);
  const appliable = sensor !== undefined && parts.settingsOf(detector, job.options) !== null;
  const props: BacktestViewProps = {
    job: backtestJson(job),
    unit: sensor?.unit ?? null,
    zone: parts.zone,
    nowMs: parts.clock.now(),
    buckets,
    gap: gapMs(buckets.bucketMs, sensor ? parts.recent.intervalMs(sensor.num) : null),
    titles: known
      ? Object.fromEntries(fieldsOf(known, null).map(({ name, title }) => [name, title]))
      : {},
    apply: appliable ? "Set the sensor to the changed options" : null,
  };
  return parts.frame.answer(context.c, context.who, {
    title: `Backtest of ${label(job.sensor.name)}`,
    place: "/sensors",
    script: "backtest",
    refreshS: job.endedMs === null ? REFRESH_S : undefined,
    content: (
      <>
        <p class="crumbs">
          <a href={`/sensors/${job.sensor.id}`}>
            {job.sensor.name.split("/").map(title).join(" / ")}
          </a>
        </p>
        <Island name="BacktestView" component={BacktestView} props={props} />
        <p class="more">
          <a href={`${PAGE}?sensor=${job.sensor.id}&detector=${detector}`}>Try other options</a>
        </p>
      </>
    ),
  });
}
