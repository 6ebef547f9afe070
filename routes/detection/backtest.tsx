import { z } from "zod";
import { BacktestView, type BacktestViewProps } from "../../islands/backtest_view.tsx";
import { gapMs } from "../../islands/chart_data.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { shownBacktest } from "../../lib/detect/backtest/view.ts";
import { detectorFor, detectorsFor } from "../../lib/detect/backtest/request.ts";
import type { Backtest } from "../../lib/detect/backtest/shapes.ts";
import type { Detector } from "../../lib/detect/detector.ts";
import { isDuration } from "../../lib/words/durations.ts";
import { label, title } from "../../lib/words/names.ts";
import { auditedBy, caller } from "../http/caller.ts";
import { sensorHref } from "../frame/links.ts";
import { Crumbs, More } from "../frame/parts.tsx";
import { BacktestForm, type Chosen, fieldsOf, PAGE } from "./backtest_form.tsx";
import { findSensor, idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { Island } from "../frame/island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { durationOf } from "../frame/durations.ts";
import { chooseRange, meantRange } from "../frame/range.ts";
import { bucketsOf } from "../machines/sensor_rows.ts";
import type { BacktestParts } from "./backtest_form.tsx";

const POINTS = 600;
const REFRESH_S = 2;
const id = z.string().max(40);

/** `/backtest`: what a detector would have raised with other options, over recorded readings. */
export function backtestPages(parts: BacktestParts): Route[] {
  const { backtests, sensors } = parts;
  const form = (context: RouteContext, sent: SentForm, chosen: Chosen) =>
    parts.frame.answer(context.c, context.who, {
      title: "Backtest",
      place: "/sensors",
      status: sent.status,
      content: <BacktestForm parts={parts} chosen={chosen} sent={sent} />,
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
        return form(context, NOTHING_SENT, chosen);
      },
    }),
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "engineer",
      summary: null,
      params: z.object({ id }),
      handler: (context) => result(parts, context, backtests.find(context.params.id)),
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
        const { sensor: name, detector, range: _r, from: _f, to: _t, ...fields } = given;
        const sensor = findSensor(sensors, name);
        const started = await backtests.start({
          sensor,
          detector,
          options: optionsOf(detectorFor(sensor, detector), fields as Record<string, string>),
          ...rangeOf(parts, meantRange(given)),
          by: caller(context).name,
        });
        return `${PAGE}/${started.id}`;
      },
      again,
    ),
    formAction(`${PAGE}/cancel`, idForm, (given) => {
      backtests.cancel(given.id);
      return Promise.resolve(`${PAGE}/${given.id}`);
    }, again),
    formAction(`${PAGE}/apply`, idForm, async (given, context) => {
      const { detector, options, sensor } = backtests.find(given.id);
      const settings = parts.settingsOf(detector, options);
      if (settings === null) {
        throw new PerchError("validation", "the options of this detector cannot be set per sensor");
      }
      await parts.service.patchSensor(sensor.id, settings, auditedBy(parts.audit, context));
      return sensorHref(sensor.id);
    }, again),
  ];
}

function choose(parts: BacktestParts, given: { sensor?: string; detector?: string }): Chosen {
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
  parts: BacktestParts,
  query: { range?: string; from?: string; to?: string },
): { fromMs: number; toMs: number } {
  const { range, problem } = chooseRange(query, parts.clock.now(), parts.zone);
  if (problem === null) return { fromMs: range.fromMs, toMs: range.toMs + 1 };
  throw new PerchError("validation", problem, { errors: [{ path: "from", message: problem }] });
}

/** Texts of the fields `options.<name>` as the options want them; an empty one is none, or left as it is. */
function optionsOf(detector: Detector, fields: Record<string, string>): Record<string, unknown> {
  const defaults = detector.options.parse({}) as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(fields)) {
    if (!field.startsWith("options.")) continue;
    const name = field.slice("options.".length);
    const text = given.trim();
    if (text !== "") out[name] = optionOf(name, text, defaults[name]);
    else if (defaults[name] === null) out[name] = null;
  }
  return out;
}

/** What is no number stays text: the detector says what it allows. */
function optionOf(name: string, text: string, present: unknown): unknown {
  if (isDuration(name)) return durationOf(text, `options.${name}`);
  if (typeof present === "boolean" && /^(on|off)$/.test(text)) return text === "on";
  const value = Number(text.replace(",", "."));
  return Number.isNaN(value) ? text : value;
}

async function result(
  parts: BacktestParts,
  context: RouteContext,
  job: Backtest,
): Promise<Response> {
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
    job: shownBacktest(job, parts.sensors),
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
        <Crumbs>
          <a href={sensorHref(job.sensor.id)}>
            {job.sensor.name.split("/").map(title).join(" / ")}
          </a>
        </Crumbs>
        <Island name="BacktestView" component={BacktestView} props={props} />
        <More href={`${PAGE}?sensor=${job.sensor.id}&detector=${detector}`}>Try other options</More>
      </>
    ),
  });
}
