import type { ComponentChildren, VNode } from "preact";
import { z } from "zod";
import { EVENT_TYPES, type EventType } from "../../lib/events/event.ts";
import type { DryRun } from "../../lib/notify/dry_run.ts";
import type { RoutedChannel } from "../../lib/notify/routing.ts";
import { EVERY_CHANNEL, type Rule, ruleSchema, type RuleSpec } from "../../lib/notify/rule.ts";
import { shortWeekday, WEEKDAYS } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { dateTime, DAY_MS } from "../../lib/words/times.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { noteOf } from "../http/caller.ts";
import { readForm } from "../http/form.ts";
import { validate } from "../http/validate.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { Answer, Crumbs, Post } from "../frame/parts.tsx";
import type { OutboxPageParts } from "./deliveries.tsx";
import { drawnAgain, NOTHING_SENT, refusedForm, type SentForm } from "../frame/form_action.ts";
import { FORM_STEPS, formOfRule, isBeyondForm, ruleOfForm, typesByFamily } from "./rule_form.ts";

export interface RulePageParts extends OutboxPageParts {
  /** People who can be told by their own address. */
  people: () => readonly { id: string; name: string }[];
}

const PAGE = "/settings/rules";
const DRY_RUN_DAYS = 7;
const FORM_BYTES = 32 * 1024;
const texts = z.record(z.string().max(100), z.string().max(4000));
const params = z.object({ id: z.string().max(40) });
const MUTES = [["0", "not muted"], ["1", "1 hour"], ["8", "8 hours"], ["24", "1 day"], [
  "168",
  "7 days",
]] as const;

/** What a page of rules shows beside them. */
interface Extra {
  warnings?: readonly string[];
  run?: DryRun;
}

/** `/settings/rules` and `/settings/rules/:id`: who gets what. For engineers. */
export function rulePages(parts: RulePageParts): Route[] {
  const { notify, audit, frame, clock } = parts;
  const { rules } = notify;

  function draw(
    context: RouteContext,
    rule: Rule | null,
    sent: SentForm,
    extra: Extra = {},
  ): Response {
    const values = sent === NOTHING_SENT
      ? formOfRule(rule ?? ruleSchema.parse({ name: "New rule", recipients: [{ channel: "*" }] }))
      : sent.values;
    const form = (
      <RuleForm
        parts={parts}
        rule={rule}
        values={rule === null && sent === NOTHING_SENT ? { ...values, name: "" } : values}
        errors={sent.errors}
      />
    );
    return frame.answer(context.c, context.who, {
      title: rule?.name ?? "Rules",
      place: "/more",
      status: sent.status,
      content: (
        <>
          <Extras {...extra} parts={parts} />
          {rule === null
            ? <List parts={parts} form={form} open={sent !== NOTHING_SENT} />
            : <One rule={rule} form={form} />}
        </>
      ),
    });
  }

  const find = (context: RouteContext) => {
    const id = context.c.req.param("id");
    return id === undefined ? null : rules.find(id);
  };

  /** What a form posts to: `run` gives where to go on, or a page; what is wrong is shown beside the fields. */
  const posted = (
    path: string,
    run: (
      spec: RuleSpec,
      context: RouteContext,
      values: Record<string, string>,
    ) => Promise<string | Response>,
  ) =>
    route({
      method: "post",
      path,
      policy: "engineer",
      summary: null,
      handler: async (given) => {
        const context = given as RouteContext;
        const read = await readForm(context.c, texts, FORM_BYTES);
        const values = read.ok ? read.data : read.values;
        try {
          const rule = ruleOfForm(values, clock.now());
          const spec = await validate(ruleSchema, rule, "body") as RuleSpec;
          const done = await context.once(read.text, () => run(spec, context, values));
          return typeof done === "string" ? seeOther(done) : done;
        } catch (error) {
          const sent = await refusedForm(context, error, values);
          return await drawnAgain(sent, () => draw(context, find(context), sent));
        }
      },
    });

  const tryOut = async (spec: RuleSpec, context: RouteContext, values: Record<string, string>) => {
    const run = await notify.dryRun(spec, clock.now() - DRY_RUN_DAYS * DAY_MS);
    const sent = { errors: {}, values, status: 200 };
    return draw(context, find(context), sent, { run, warnings: notify.warnings(spec) });
  };

  return [
    route({
      method: "get",
      path: PAGE,
      policy: "engineer",
      summary: null,
      handler: (context) => draw(context as RouteContext, null, NOTHING_SENT),
    }),
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "engineer",
      summary: null,
      params,
      query: z.object({ saved: z.string().optional() }).loose(),
      handler: (context) => {
        const rule = rules.find(context.params.id);
        const warnings = context.query.saved === undefined ? [] : notify.warnings(rule);
        return draw(context as RouteContext, rule, NOTHING_SENT, { warnings });
      },
    }),
    posted(PAGE, async (spec, context) => {
      const { id } = await rules.add(spec, noteOf(audit, context));
      return `${PAGE}/${id}?saved`;
    }),
    posted(`${PAGE}/try`, tryOut),
    posted(`${PAGE}/:id`, async (spec, context) => {
      const { id } = await rules.change(find(context)!.id, spec, noteOf(audit, context));
      return `${PAGE}/${id}?saved`;
    }),
    posted(`${PAGE}/:id/try`, tryOut),
    route({
      method: "post",
      path: `${PAGE}/:id/delete`,
      policy: "engineer",
      summary: null,
      params,
      handler: async (context) => {
        await rules.remove(context.params.id, noteOf(audit, context as RouteContext));
        return seeOther(PAGE);
      },
    }),
  ];
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

function Extras({ warnings = [], run, parts }: Extra & { parts: RulePageParts }): VNode {
  return (
    <>
      {warnings.length > 0 && (
        <section class="card attention" aria-labelledby="warnings">
          <h2 id="warnings">
            <span class="mark warning" aria-hidden="true">▲</span>
            Look at this rule again
          </h2>
          <ul class="notes">{warnings.map((text) => <li key={text}>{text}</li>)}</ul>
        </section>
      )}
      {run && <Run run={run} parts={parts} />}
    </>
  );
}

function Run({ run, parts }: { run: DryRun; parts: RulePageParts }): VNode {
  const total = run.sent + run.held + run.collected;
  const later = [
    run.held > 0 ? `${run.held} of them after quiet hours` : "",
    run.collected > 0 ? `${run.collected} in digests` : "",
  ].filter((part) => part !== "").join(", ");
  return (
    <section class="card attention" aria-labelledby="run">
      <h2 id="run">
        {`In the last ${DRY_RUN_DAYS} days this rule would have sent ${total} ${
          total === 1 ? "message" : "messages"
        }${later === "" ? "" : `, ${later}`}`}
      </h2>
      <p class="muted">
        {`Events looked at: ${run.events}${
          run.cut ? ", the newest" : ""
        }. Nothing was sent or saved.`}
      </p>
      {run.items.length > 0 && (
        <details>
          <summary>{`The newest ${run.items.length}`}</summary>
          <ul class="deliveries">
            {run.items.map(({ event, to }) => (
              <li key={event.id}>
                <p>{event.text}</p>
                <p class="muted">
                  {`${dateTime(event.tMs, parts.zone)}, ${
                    to.map((one) =>
                      one.target === "" ? one.channel : `${one.channel} (${one.target})`
                    )
                      .join(", ")
                  }`}
                </p>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function List(
  { parts, form, open }: { parts: RulePageParts; form: VNode; open: boolean },
): VNode {
  const rules = parts.notify.rules.all();
  const on = rules.filter((rule) => rule.enabled).length;
  return (
    <>
      <Crumbs>
        <a href="/settings">Settings</a>
      </Crumbs>
      <Answer>
        {on === 0
          ? "No rule is in use: only webhooks are told"
          : on === 1
          ? "One rule says who gets what"
          : `${on} rules say who gets what`}
      </Answer>
      <p class="muted">
        Every rule is asked about every event. Maintenance windows and shelved alarms are kept
        still; an alarm's end goes to whom its beginning went.
      </p>
      {rules.length > 0 && (
        <section class="card" aria-labelledby="rules">
          <h2 id="rules">Rules</h2>
          <ul class="deliveries">
            {rules.map((rule) => (
              <li key={rule.id}>
                <p>
                  <a href={`${PAGE}/${rule.id}`}>{rule.name}</a>
                  {!rule.enabled && <span class="state">off</span>}
                  {isMuted(rule, parts.clock.now()) && <span class="state">muted</span>}
                </p>
                <p class="muted">{sentenceOf(rule, parts)}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <details class="card more-form" open={open}>
        <summary>Add a rule</summary>
        {form}
      </details>
    </>
  );
}

function isMuted(rule: RuleSpec, nowMs: number): boolean {
  return rule.muted_until !== null && rule.muted_until > nowMs;
}

/** A rule in a sentence. */
function sentenceOf(rule: Rule, parts: RulePageParts): string {
  const names = new Map(parts.notify.channels.all().map(({ id, name }) => [id, name]));
  const people = new Map(parts.people().map(({ id, name }) => [id, name]));
  const to = rule.recipients.map(({ channel, person }) =>
    person !== undefined
      ? people.get(person) ?? "a deleted person"
      : channel === EVERY_CHANNEL
      ? "every channel that people read"
      : names.get(channel) ?? "a deleted channel"
  );
  const where = [...rule.machines, ...rule.tags.map((tag) => `tag ${tag}`)];
  return [
    rule.severity === "info" ? "Everything" : `${rule.severity} and above`,
    where.length === 0 ? "" : ` of ${where.join(", ")}`,
    ` to ${to.join(", ")}`,
    rule.quiet === null ? "" : `; quiet from ${rule.quiet.start} to ${rule.quiet.end}`,
    rule.digest_minutes === 0 ? "" : `; collected every ${rule.digest_minutes} minutes`,
    rule.escalation.length === 0
      ? ""
      : `; escalates after ${rule.escalation.map((step) => step.after_minutes).join(", ")} minutes`,
    ".",
  ].join("").replace(/^./, (c) => c.toUpperCase());
}

function One({ rule, form }: { rule: Rule; form: VNode }): VNode {
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Rules</a>
      </Crumbs>
      <Answer>{rule.name}</Answer>
      {isBeyondForm(rule) && (
        <p class="banner info">
          This rule says more than the form shows; saving it here leaves that out. Change it over
          the API.
        </p>
      )}
      <section class="card" aria-label="Rule">{form}</section>
      <Post action={`${PAGE}/${rule.id}/delete`} seen look="small">Delete the rule</Post>
    </>
  );
}

interface FormParts {
  values: Record<string, string>;
  errors: Record<string, string>;
}

function RuleForm(
  { parts, rule, values, errors }: FormParts & { parts: RulePageParts; rule: Rule | null },
): VNode {
  const channels = parts.notify.channels.routed().filter((one) => one.subscription === null);
  const action = rule === null ? PAGE : `${PAGE}/${rule.id}`;
  const muted = rule !== null && isMuted(rule, parts.clock.now());
  const given = { values, errors };
  const first = Object.entries(errors)[0];
  return (
    <form method="post" action={action} class="rule-form">
      <SeenField />
      <FormError>{first && (errors.form ?? `${first[0]}: ${first[1]}`)}</FormError>
      <Field
        name="name"
        id="rule-name"
        label="Name"
        value={values.name}
        error={errors.name}
        autocomplete="off"
      />
      <Tick name="enabled" values={values} preset={rule === null}>In use</Tick>
      <h2>What</h2>
      <Select
        name="severity"
        id="rule-severity"
        label="From this severity on"
        options={SEVERITIES.map((one) => [one, one] as const)}
        value={values.severity}
      />
      <Events {...given} />
      <div class="fields">
        <Field
          name="machines"
          id="rule-machines"
          label="Machines or areas"
          value={values.machines}
          error={errors.machines}
          help="Paths with commas between them. Empty: all."
          required={false}
          autocomplete="off"
        />
        <Field
          name="tags"
          id="rule-tags"
          label="Tags"
          value={values.tags}
          error={errors.tags}
          help="Machines with one of these. Empty: all."
          required={false}
          autocomplete="off"
        />
      </div>
      <h2>To whom</h2>
      <Recipients
        prefix="to"
        parts={parts}
        channels={channels}
        {...given}
        error={errors.recipients}
      />
      <h2>When</h2>
      <HoursFields prefix="hours" title="Counts at these hours only" {...given} zone={parts.zone} />
      <HoursFields
        prefix="quiet"
        title="Quiet hours: held until they end"
        {...given}
        zone={parts.zone}
      >
        <Tick name="quiet.critical" values={values}>Critical passes</Tick>
      </HoursFields>
      <Field
        name="digest_minutes"
        id="rule-digest"
        label="Digest every so many minutes"
        value={values.digest_minutes}
        error={errors.digest_minutes}
        help="0: each message at once. Floods become a digest by themselves."
        autocomplete="off"
      />
      <Select
        name="mute_hours"
        id="rule-mute"
        label="Mute"
        options={muted
          ? [["0", `muted until ${dateTime(rule!.muted_until!, parts.zone)}`], ...MUTES.slice(1)]
          : MUTES}
        value="0"
      />
      <input type="hidden" name="muted_until" value={muted ? values.muted_until : ""} />
      <details
        open={FORM_STEP_NAMES.some((step) => values[`${step}.after`]) ||
          Object.keys(errors).some((path) => path.startsWith("escalation"))}
      >
        <summary>Escalation: whom next, when nobody acknowledges</summary>
        {FORM_STEP_NAMES.map((step, i) => (
          <fieldset key={step} class="days">
            <legend>{`Step ${i + 1}`}</legend>
            <Field
              name={`${step}.after`}
              label="After minutes"
              value={values[`${step}.after`]}
              error={errors[`escalation.${i}.after_minutes`]}
              required={false}
              autocomplete="off"
            />
            <Recipients
              prefix={step}
              parts={parts}
              channels={channels}
              {...given}
              error={errors[`escalation.${i}.recipients`]}
            />
          </fieldset>
        ))}
      </details>
      <div class="buttons">
        <button type="submit" class="primary">{rule === null ? "Add the rule" : "Save"}</button>
        <button type="submit" formAction={`${action}/try`}>
          {`What would it have sent in ${DRY_RUN_DAYS} days`}
        </button>
      </div>
    </form>
  );
}

const FORM_STEP_NAMES = Array.from({ length: FORM_STEPS }, (_, i) => `step${i}`);

function Tick(
  { name, values, preset = false, children }: {
    name: string;
    values: Record<string, string>;
    preset?: boolean;
    children: ComponentChildren;
  },
): VNode {
  const checked = values[name] === "on" || (preset && values[name] === undefined);
  return (
    <label class="tick">
      <input type="checkbox" name={name} checked={checked} /> {children}
    </label>
  );
}

function Events({ values, errors }: FormParts): VNode {
  return (
    <details open={errors.events !== undefined}>
      <summary>Events</summary>
      {[...typesByFamily()].map(([family, types]) => (
        <fieldset key={family} class="days">
          <legend>{family.charAt(0).toUpperCase() + family.slice(1)}</legend>
          {types.map((type) => (
            <Tick key={type} name={`event.${type}`} values={values}>
              {EVENT_TYPES[type as EventType]}
            </Tick>
          ))}
        </fieldset>
      ))}
      {errors.events && <p class="error" role="alert">{errors.events}</p>}
    </details>
  );
}

function Recipients(
  { prefix, parts, channels, values, error }: FormParts & {
    prefix: string;
    parts: RulePageParts;
    channels: readonly RoutedChannel[];
    error?: string;
  },
): VNode {
  const mail = channels.find((one) => one.toPersons);
  const people = mail === undefined ? [] : parts.people();
  return (
    <fieldset class="days">
      <legend>Channels</legend>
      <Tick name={`${prefix}.channel.${EVERY_CHANNEL}`} values={values}>
        Every channel that people read
      </Tick>
      {channels.map((one) => (
        <Tick key={one.id} name={`${prefix}.channel.${one.id}`} values={values}>
          {one.name}
          {!one.enabled && <span class="muted">(off)</span>}
        </Tick>
      ))}
      {channels.length === 0 && (
        <p class="help">
          There is no channel yet; an admin adds one under{" "}
          <a href="/settings/channels">Channels</a>.
        </p>
      )}
      {mail && (
        <Select
          name={`${prefix}.person`}
          label={`A person, by ${mail.name}`}
          options={[
            ["", "nobody in particular"],
            ...people.map(({ id, name }) => [`${mail.id}/${id}`, name] as const),
          ]}
          value={values[`${prefix}.person`] ?? ""}
        />
      )}
      {error && <p class="error" role="alert">{error}</p>}
    </fieldset>
  );
}

function HoursFields(
  { prefix, title, values, errors, zone, children }: FormParts & {
    prefix: "hours" | "quiet";
    title: string;
    zone: string;
    children?: ComponentChildren;
  },
): VNode {
  const faults = Object.entries(errors).filter(([path]) => path.startsWith(`${prefix}.`));
  const filled = Object.entries(values).some(([name, value]) =>
    name.startsWith(`${prefix}.`) && name !== `${prefix}.critical` && value !== ""
  );
  return (
    <details open={faults.length > 0 || filled}>
      <summary>{title}</summary>
      <fieldset class="days">
        <legend class="hidden">{title}</legend>
        {WEEKDAYS.map((day) => (
          <Tick key={day} name={`${prefix}.${day}`} values={values}>{shortWeekday(day)}</Tick>
        ))}
      </fieldset>
      <div class="fields">
        {(["start", "end"] as const).map((end) => (
          <div class="field" key={end}>
            <label for={`${prefix}-${end}`}>{end === "start" ? "From" : "To"}</label>
            <input
              id={`${prefix}-${end}`}
              name={`${prefix}.${end}`}
              type="time"
              value={values[`${prefix}.${end}`] ?? ""}
            />
          </div>
        ))}
      </div>
      {children}
      <p class="help">
        {`Times in ${zone}; at or before the start is on the next day. Nothing filled: at any time.`}
      </p>
      {faults.map(([path, text]) => <p key={path} class="error" role="alert">{text}</p>)}
    </details>
  );
}
