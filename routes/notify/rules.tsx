import type { VNode } from "preact";
import { z } from "zod";
import type { DryRun } from "../../lib/notify/dry_run.ts";
import { EVERY_CHANNEL, type Rule, ruleShape, type RuleSpec } from "../../lib/notify/rule.ts";
import { matching } from "../../lib/words/matching.ts";
import { dateTime, DAY_MS } from "../../lib/words/times.ts";
import { auditedBy } from "../http/caller.ts";
import { readForm } from "../http/form.ts";
import { validate } from "../http/validate.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { Answer, Crumbs, Empty, Post, Said } from "../frame/parts.tsx";
import { drawnAgain, NOTHING_SENT, refusedForm, type SentForm } from "../frame/form_action.ts";
import { formOfRule, isBeyondForm, ruleOfForm } from "./rule_form.ts";
import { DRY_RUN_DAYS, isMuted, PAGE, RuleForm, type RulePageParts } from "./rule.tsx";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";

const FORM_BYTES = 32 * 1024;
const texts = z.record(z.string().max(100), z.string().max(4000));
const params = z.object({ id: z.string().max(40) });

/** What a page of rules shows beside them. */
interface Extra {
  saved?: boolean;
  warnings?: readonly string[];
  run?: DryRun;
  /** Words of the filter. */
  q?: string;
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
      ? formOfRule(rule ?? ruleShape.parse({ name: "New rule", recipients: [{ channel: "*" }] }))
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
            ? <List parts={parts} form={form} open={sent !== NOTHING_SENT} q={extra.q ?? ""} />
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
      handler: async (context) => {
        const read = await readForm(context.c, texts, FORM_BYTES);
        const values = read.ok ? read.data : read.values;
        try {
          const rule = ruleOfForm(values, clock.now());
          const spec = await validate(ruleShape, rule, "body") as RuleSpec;
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
      query: z.object({ q: wordsField }).loose(),
      handler: (context) => draw(context, null, NOTHING_SENT, { q: context.query.q }),
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
        return draw(context, rule, NOTHING_SENT, {
          saved: context.query.saved !== undefined,
          warnings,
        });
      },
    }),
    posted(PAGE, async (spec, context) => {
      const { id } = await rules.add(spec, auditedBy(audit, context));
      return `${PAGE}/${id}?saved`;
    }),
    posted(`${PAGE}/try`, tryOut),
    posted(`${PAGE}/:id`, async (spec, context) => {
      const { id } = await rules.change(find(context)!.id, spec, auditedBy(audit, context));
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
        await rules.remove(context.params.id, auditedBy(audit, context));
        return seeOther(PAGE);
      },
    }),
  ];
}

function Extras(
  { saved = false, warnings = [], run, parts }: Omit<Extra, "q"> & { parts: RulePageParts },
): VNode {
  return (
    <>
      {saved && <Said>Saved.</Said>}
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
  { parts, form, open, q }: { parts: RulePageParts; form: VNode; open: boolean; q: string },
): VNode {
  const all = parts.notify.rules.all();
  const rules = matching(all, q, (rule) => [rule.name, sentenceOf(rule, parts)]);
  const on = all.filter((rule) => rule.enabled).length;
  return (
    <>
      <Crumbs>
        <a href="/settings">Settings</a>
      </Crumbs>
      <Answer>
        {on === 0
          ? "No notification rule is on: only webhooks are notified"
          : on === 1
          ? "1 notification rule"
          : `${on} notification rules`}
      </Answer>
      <p class="muted">
        Every event is checked against every rule. Maintenance windows and shelved alarms send
        nothing; the end of an alarm goes to everyone who was notified of it.
      </p>
      {all.length > 0 && <ListFilter path={PAGE} value={q} label="Filter by what a rule says" />}
      <Filtered>
        {all.length > 0 && rules.length === 0 && (
          <Empty>
            No rule fits. <a href={PAGE}>Show all {all.length}</a>
          </Empty>
        )}
        {rules.length > 0 && <Rows parts={parts} rules={rules} />}
      </Filtered>
      <details class="card more-form" open={open}>
        <summary>Add a rule</summary>
        {form}
      </details>
    </>
  );
}

function Rows({ parts, rules }: { parts: RulePageParts; rules: readonly Rule[] }): VNode {
  return (
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
  );
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
          This rule has settings that the form cannot show; saving it here drops them. Change it
          over the API.
        </p>
      )}
      <section class="card" aria-label="Rule">{form}</section>
      <Post action={`${PAGE}/${rule.id}/delete`} seen look="small">Delete the rule</Post>
    </>
  );
}
