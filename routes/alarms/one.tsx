import type { VNode } from "preact";
import { z } from "zod";
import { AlarmNow } from "../../islands/alarm_now.tsx";
import { areaOf, placeOf, SEVERITY_MARKS, valueOf } from "../../islands/alarm_words.ts";
import { gapMs } from "../../islands/chart_data.ts";
import { bandsOf } from "../../islands/limits.ts";
import { PlainChart } from "../../islands/plain_chart.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { AlarmEvidence } from "../../lib/alarms/alarms.ts";
import type { Command } from "../../lib/alarms/commands.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { dateTime } from "../../lib/words/times.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { alarmHref, machineHref, sensorHref, ticketHref } from "../frame/links.ts";
import { Answer, Crumbs, More, Post } from "../frame/parts.tsx";
import { commandOf } from "./api.ts";
import { byOf } from "../http/caller.ts";
import { localPath } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import type { Ticket } from "../../lib/tickets/ticket.ts";
import { alarmStep } from "./history.tsx";
import { Discussion, discussionActions, readConversation } from "../discussion/view.tsx";
import { StateWord } from "../tickets/words.tsx";
import { Field, FormError, Select, TextArea } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { bucketsOf } from "../machines/sensor_rows.ts";
import type { AlarmPageParts } from "./api.ts";

const AROUND_MS = 30 * 60_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
const POINTS = 400;
const FINDINGS = 10;

const params = z.object({ id: z.string().max(20) });
const note = z.string().trim().max(2000).optional();

/** `/alarms/:id`: one alarm, what led to it, what was done, and what can be done. */
export function alarmPages(parts: AlarmPageParts): Route[] {
  const idOf = (context: RouteContext) => (context.params as { id: string }).id;
  const redraw = (context: RouteContext, sent: SentForm) =>
    draw(parts, context, context.c.req.param("id")!, sent);
  const act = async (context: RouteContext, command: Command) => {
    const id = context.c.req.param("id")!;
    await parts.alarms.act(id, command, byOf(parts.audit, context));
    return alarmHref(id);
  };
  const nowMs = () => parts.clock.now();
  return [
    route({
      method: "get",
      path: "/alarms/:id",
      policy: "viewer",
      summary: null,
      params,
      handler: (context) =>
        draw(parts, context as RouteContext, idOf(context as RouteContext), NOTHING_SENT),
    }),
    // From the list this is sent with the boxes that are ticked there; they do not count here.
    formAction(
      "/alarms/:id/ack",
      z.object({}).catchall(z.string().max(2000)),
      async ({ back }, context) => {
        const page = await act(context, { kind: "acknowledge" });
        return back === undefined ? page : localPath(back);
      },
      redraw,
    ),
    formAction(
      "/alarms/:id/resolve",
      z.object({ note, verdict: z.enum(["", ...VERDICTS]).optional() }),
      ({ note, verdict }, context) =>
        act(context, commandOf("resolve", { note, verdict: verdict || null }, nowMs())),
      redraw,
    ),
    formAction(
      "/alarms/:id/verdict",
      z.object({ verdict: z.enum(VERDICTS) }),
      ({ verdict }, context) => act(context, { kind: "judge", verdict }),
      redraw,
    ),
    formAction(
      "/alarms/:id/shelve",
      z.object({ minutes: z.coerce.number().int().min(1).max(43_200), reason: note }),
      ({ minutes, reason }, context) =>
        act(context, commandOf("shelve", { minutes, reason }, nowMs())),
      redraw,
    ),
    formAction(
      "/alarms/:id/unshelve",
      z.object({}),
      (_, context) => act(context, { kind: "unshelve" }),
      redraw,
    ),
    ...discussionActions("alarm", parts, (context, id, sent) => draw(parts, context, id, sent)),
  ];
}

async function draw(
  parts: AlarmPageParts,
  context: RouteContext,
  id: string,
  sent: SentForm,
): Promise<Response> {
  const { c, who } = context;
  const since = parts.place();
  const alarm = await parts.alarms.find(id);
  const evidence = await parts.alarms.evidence(id);
  const sensor = alarm.sensor_id === null ? undefined : parts.sensors.find(alarm.sensor_id);
  const mayAct = atLeast(who!.role, "engineer");
  return parts.frame.answer(c, who, {
    title: alarm.title,
    place: "/alarms",
    script: "alarms",
    stream: { types: "alarm" },
    since,
    status: sent.status,
    content: (
      <>
        <Crumbs>
          <a href="/alarms">Alarms</a>
          {alarm.machine !== null && (
            <>
              {" / "}
              <a href={machineHref(alarm.machine)}>{placeOf(alarm)}</a>
              <span class="area">{areaOf(alarm)}</span>
            </>
          )}
        </Crumbs>
        <Answer>
          <span class={`mark ${alarm.severity}`} aria-hidden="true">
            {SEVERITY_MARKS[alarm.severity]}
          </span>
          {alarm.title}
        </Answer>
        <Island
          name="AlarmNow"
          component={AlarmNow}
          props={{ alarm, nowMs: parts.clock.now(), zone: parts.zone }}
        />
        <TicketOf alarm={alarm} ticket={await parts.tickets.ofAlarm(alarm.id)} mayOpen={mayAct} />
        <FormError>{sent.errors.form}</FormError>
        {alarm.state === "resolved"
          ? <Ended alarm={alarm} zone={parts.zone} mayAct={mayAct} />
          : mayAct && <Actions alarm={alarm} sent={sent} nowMs={parts.clock.now()} />}
        {sensor && (
          <Chart
            alarm={alarm}
            sensor={sensor}
            parts={parts}
            {...await around(parts, alarm, sensor)}
          />
        )}
        <Evidence evidence={evidence} parts={parts} />
        <Discussion
          parts={parts}
          talk={await readConversation(parts, "alarm", alarm.id)}
          who={who!}
          sent={sent}
          step={alarmStep}
        />
        <More href={`${alarmHref(id)}/told`}>Who was told, who was not, and why</More>
      </>
    ),
  });
}

/** The work that came of it. */
function TicketOf(
  { alarm, ticket, mayOpen }: { alarm: Alarm; ticket: Ticket | null; mayOpen: boolean },
): VNode | null {
  if (ticket !== null) {
    return (
      <p class="alarm-ticket">
        <a href={ticketHref(ticket.id)}>{`Ticket ${ticket.id}`}</a>{" "}
        <StateWord state={ticket.state} /> {ticket.assignee !== null && ticket.assignee}
      </p>
    );
  }
  if (!mayOpen) return null;
  return (
    <p class="alarm-ticket">
      <a href={`/tickets/new?alarm=${encodeURIComponent(alarm.id)}`}>Open a ticket</a>
    </p>
  );
}

function Actions({ alarm, sent, nowMs }: { alarm: Alarm; sent: SentForm; nowMs: number }): VNode {
  const shelved = alarm.shelved_until_ms !== null && alarm.shelved_until_ms > nowMs;
  const { values, errors } = sent;
  return (
    <section class="card actions" aria-labelledby="actions">
      <h2 id="actions">What to do</h2>
      {alarm.state === "active" && (
        <Post action={`${alarmHref(alarm.id)}/ack`} look="primary">Acknowledge</Post>
      )}
      {shelved && <Post action={`${alarmHref(alarm.id)}/unshelve`}>End the shelf</Post>}
      <details open={errors.note !== undefined || errors.verdict !== undefined}>
        <summary class="chip">Resolve</summary>
        <form method="post" action={`${alarmHref(alarm.id)}/resolve`}>
          <TextArea
            name="note"
            label="What was it, what was done"
            rows={3}
            value={values.note}
            error={errors.note}
          />
          <Select
            name="verdict"
            label="Was it real"
            options={[["", "not said"], ["real", "real"], ["false_alarm", "false alarm"]]}
            value={values.verdict}
            help="The detector learns from it."
          />
          <button type="submit" class="primary">Resolve</button>
        </form>
      </details>
      <details open={errors.minutes !== undefined || errors.reason !== undefined}>
        <summary class="chip">Shelve</summary>
        <form method="post" action={`${alarmHref(alarm.id)}/shelve`}>
          <Select
            name="minutes"
            label="Quiet for"
            options={[["30", "30 minutes"], ["120", "2 hours"], ["480", "8 hours"], [
              "1440",
              "1 day",
            ], ["10080", "7 days"]]}
            value={values.minutes}
            help="It comes back by itself, and at once when it gets worse."
          />
          <Field
            name="reason"
            label="Why"
            required={false}
            value={values.reason}
            error={errors.reason}
          />
          <button type="submit">Shelve</button>
        </form>
      </details>
    </section>
  );
}

function Ended({ alarm, zone, mayAct }: { alarm: Alarm; zone: string; mayAct: boolean }): VNode {
  const { verdict, note, resolved_ms } = alarm;
  return (
    <section class="card" aria-labelledby="ended">
      <h2 id="ended">{`Resolved ${dateTime(resolved_ms!, zone)}`}</h2>
      {note !== null && <p>{note}</p>}
      <p class="muted">
        {verdict === null
          ? "Nobody has said whether it was real."
          : verdict === "real"
          ? "It was real."
          : "It was a false alarm."}
      </p>
      {mayAct && (
        <form method="post" action={`${alarmHref(alarm.id)}/verdict`} class="judge">
          {verdict !== "real" && (
            <button type="submit" class="small" name="verdict" value="real">Real</button>
          )}
          {verdict !== "false_alarm" && (
            <button type="submit" class="small" name="verdict" value="false_alarm">
              False alarm
            </button>
          )}
        </form>
      )}
    </section>
  );
}

/** The sensor from half an hour before the alarm to half an hour after it. */
async function around(parts: AlarmPageParts, alarm: Alarm, sensor: Sensor) {
  const nowMs = parts.clock.now();
  const toMs = Math.min(nowMs, (alarm.resolved_ms ?? nowMs) + AROUND_MS);
  const fromMs = Math.max(alarm.raised_ms - AROUND_MS, toMs - LONGEST_MS);
  const found = await parts.readings.buckets({
    sensor: sensor.num,
    fromMs,
    toMs: toMs + 1,
    points: POINTS,
  });
  return { fromMs, toMs, buckets: bucketsOf(found) };
}

function Chart(
  { alarm, sensor, parts, fromMs, toMs, buckets }: {
    alarm: Alarm;
    sensor: Sensor;
    parts: AlarmPageParts;
  } & Awaited<ReturnType<typeof around>>,
): VNode {
  const value = valueOf(alarm);
  return (
    <section class="card" aria-labelledby="chart">
      <h2 id="chart">
        <a href={sensorHref(sensor.id)}>{sensor.settings.display_name ?? sensor.sensor}</a>
        {value !== null && <span class="area">{value}</span>}
      </h2>
      {buckets.t.length === 0
        ? <p class="muted">No readings of that time are kept.</p>
        : (
          <PlainChart
            buckets={buckets}
            fromMs={fromMs}
            toMs={toMs}
            gap={gapMs(buckets.bucketMs, parts.recent.intervalMs(sensor.num))}
            zone={parts.zone}
            nowMs={parts.clock.now()}
            title={`${sensor.name} around the alarm`}
            bands={bandsOf(sensor.settings)}
            decimals={sensor.settings.decimals}
          />
        )}
    </section>
  );
}

function Evidence(
  { evidence, parts }: { evidence: AlarmEvidence; parts: AlarmPageParts },
): VNode {
  const { conditions, findings } = evidence;
  return (
    <section class="card" aria-labelledby="evidence">
      <h2 id="evidence">What it tells of</h2>
      <ul class="evidence">
        {conditions.map((one, i) => {
          const sensor = one.sensor === null ? undefined : parts.sensors.byNum(one.sensor);
          const own = findings.filter((f) => f.sensor === one.sensor && f.detector === one.detector)
            .slice(0, FINDINGS);
          return (
            <li key={one.key}>
              <p>
                <span class={`alarm-severity ${one.severity}`}>
                  <span aria-hidden="true">{SEVERITY_MARKS[one.severity]}</span> {one.severity}
                </span>
                {` ${one.text}`}
              </p>
              <p class="muted">
                {[
                  i === 0 ? "raised it" : "further evidence",
                  one.detector ?? one.source,
                  one.present ? "still so" : one.point ? "an odd reading" : "over",
                  `last ${dateTime(one.lastMs, parts.zone)}`,
                  ...(one.count > 1 ? [`${one.count} times`] : []),
                ].join(" · ")}
                {sensor && (
                  <>
                    {" · "}
                    <a href={sensorHref(sensor.id)}>{sensor.name}</a>
                  </>
                )}
              </p>
              {own.length > 1 && (
                <details class="table">
                  <summary>{`${own.length} findings`}</summary>
                  <ul>
                    {own.map((f) => (
                      <li key={f.id}>{`${dateTime(f.tMs, parts.zone)}: ${f.reason.text}`}</li>
                    ))}
                  </ul>
                </details>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
