import { orderText } from "../../lib/words/commands.ts";
import type { VNode } from "preact";
import { z } from "zod";
import { parseFields } from "../../lib/base/field_words.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { DryRun } from "../../lib/commands/dry_run.ts";
import { commandRuleShape, type Rule, type RuleSpec } from "../../lib/commands/rule.ts";

import { shortWeekday } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Answer, Crumbs, Empty, Post } from "../frame/parts.tsx";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { Ago } from "../frame/times.tsx";
import { matching } from "../../lib/words/matching.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { type CommandPageParts, PAGE, RULES } from "./page_parts.tsx";
import { DRY_RUN_DAYS, RuleForm, ruleOfForm } from "./rule_form.tsx";

const texts = z.record(z.string().max(60), z.string().max(2000));
const policy = "command:engineer";

/** `/commands/rules` and `/commands/rules/:id`: orders that are given by themselves. */
export function commandRulePages(parts: CommandPageParts): Route[] {
  const { commands, audit } = parts;
  const { rules } = commands;
  const found = ({ c }: RouteContext) => {
    const id = c.req.param("id");
    return id === undefined ? null : rules.find(id);
  };
  const draw = (context: RouteContext, sent: SentForm, run: DryRun | null = null) =>
    drawRules(parts, context, found(context), sent, run);
  const specOf = (values: Record<string, string>): RuleSpec =>
    parseFields(commandRuleShape, ruleOfForm(parts, values));
  const posted = (
    path: string,
    run: (spec: RuleSpec, context: RouteContext, sent: SentForm) => Promise<string | Response>,
  ) =>
    formAction(
      path,
      texts,
      (values, context) => run(specOf(values), context, { errors: {}, values, status: 200 }),
      (context, sent) => draw(context, sent),
      policy,
    );
  const tryOut = async (spec: RuleSpec, context: RouteContext, sent: SentForm) =>
    draw(context, sent, await commands.dryRun(spec, DRY_RUN_DAYS));
  return [
    route({
      method: "get",
      path: RULES,
      policy: "viewer",
      summary: null,
      query: z.object({ q: wordsField }).loose(),
      handler: (context) => drawRules(parts, context, null, NOTHING_SENT, null, context.query.q),
    }),
    route({
      method: "get",
      path: `${RULES}/:id`,
      policy: "viewer",
      summary: null,
      params: idParams(),
      handler: (context) => draw(context, NOTHING_SENT),
    }),
    posted(RULES, async (spec, context) => {
      const { id } = await rules.add(spec, auditedBy(audit, context));
      return `${RULES}/${id}`;
    }),
    posted(`${RULES}/try`, tryOut),
    posted(`${RULES}/:id`, async (spec, context) => {
      const { id } = await rules.change(found(context)!.id, spec, auditedBy(audit, context));
      return `${RULES}/${id}`;
    }),
    posted(`${RULES}/:id/try`, tryOut),
    route({
      method: "post",
      path: `${RULES}/:id/delete`,
      policy,
      summary: null,
      params: idParams(),
      handler: async (context) => {
        await rules.remove(context.params.id, auditedBy(audit, context));
        return seeOther(RULES);
      },
    }),
  ];
}

function drawRules(
  parts: CommandPageParts,
  { c, who }: RouteContext,
  rule: Rule | null,
  sent: SentForm,
  run: DryRun | null,
  q = "",
): Response {
  const mayWrite = atLeast(who!.role, "engineer");
  const form = mayWrite ? <RuleForm {...{ parts, rule, sent }} /> : null;
  return parts.frame.answer(c, who, {
    title: rule?.spec.name ?? "Rules that give orders",
    place: "/more",
    status: sent.status,
    content: (
      <>
        {run !== null && <Run run={run} zone={parts.zone} />}
        {rule === null
          ? <List {...{ parts, form, q }} isOpen={sent !== NOTHING_SENT} />
          : <One {...{ parts, rule, form }} />}
      </>
    ),
  });
}

function Run({ run, zone }: { run: DryRun; zone: string }): VNode {
  const { times, firedMs, readings, cut, fromMs, toMs } = run;
  return (
    <section class="card attention" aria-labelledby="run">
      <h2 id="run">
        {`From ${dateTime(fromMs, zone)} to ${dateTime(toMs, zone)} it would ${timesText(times)}`}
      </h2>
      <p class="muted">
        {`Readings looked at: ${readings}${
          cut ? ", the oldest of them" : ""
        }. Nothing was ordered or saved.`}
      </p>
      {firedMs.length > 0 && (
        <p>{`The newest: ${firedMs.slice(-5).map((ms) => dateTime(ms, zone)).join(", ")}`}</p>
      )}
    </section>
  );
}

function List(
  { parts, form, isOpen, q }: {
    parts: CommandPageParts;
    form: VNode | null;
    isOpen: boolean;
    q: string;
  },
): VNode {
  const all = parts.commands.rules.all();
  const rules = matching(all, q, ({ spec }) => [spec.name, sentenceOf(spec, parts)]);
  const nothingToOrder = parts.commands.targets.all().every(({ settings }) => settings.dangerous);
  const on = all.filter(({ spec }) => spec.enabled).length;
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Controls</a>
      </Crumbs>
      <Answer>
        {on === 0
          ? "No rule gives orders"
          : on === 1
          ? "One rule gives orders"
          : `${on} rules give orders`}
      </Answer>
      {all.length > 0 && (
        <ListFilter path={RULES} value={q} label="Filter by name, control or condition" />
      )}
      <Filtered>
        {all.length > 0 && rules.length === 0 && (
          <Empty>
            No rule fits. <a href={RULES}>Show all {all.length}</a>
          </Empty>
        )}
        {rules.length > 0 && (
          <section class="card" aria-labelledby="rules">
            <h2 id="rules">Rules</h2>
            <ul class="deliveries">
              {rules.map((rule) => (
                <li key={rule.id}>
                  <p>
                    <a href={`${RULES}/${rule.id}`}>{rule.spec.name}</a>
                    {!rule.spec.enabled && <span class="state">off</span>}
                  </p>
                  <p class="muted">{sentenceOf(rule.spec, parts)}</p>
                  <Notes {...{ parts, rule }} />
                </li>
              ))}
            </ul>
          </section>
        )}
      </Filtered>
      {form !== null && nothingToOrder && (
        <Empty>
          A rule orders what a control does that is not marked dangerous, and there is none yet.
          {" "}
          <a href={PAGE}>See the controls</a>
        </Empty>
      )}
      {form !== null && !nothingToOrder && (
        <details class="card more-form" open={isOpen}>
          <summary>Add a rule</summary>
          {form}
        </details>
      )}
    </>
  );
}

function One(
  { parts, rule, form }: { parts: CommandPageParts; rule: Rule; form: VNode | null },
): VNode {
  return (
    <>
      <Crumbs>
        <a href={RULES}>Rules that give orders</a>
      </Crumbs>
      <Answer>{rule.spec.name}</Answer>
      <p class="muted">{sentenceOf(rule.spec, parts)}</p>
      <Notes {...{ parts, rule }} />
      {form !== null && (
        <>
          <section class="card" aria-label="Rule">{form}</section>
          <Post action={`${RULES}/${rule.id}/delete`} seen look="small">Delete the rule</Post>
        </>
      )}
    </>
  );
}

/** When it fired, what holds it back, and what to think about. */
function Notes({ parts, rule }: { parts: CommandPageParts; rule: Rule }): VNode {
  const { limited, warnings } = parts.commands.ruleView(rule);
  return (
    <>
      <p class="muted">
        {"Gave its order "}
        <Ago tMs={rule.firedMs} nowMs={parts.clock.now()} zone={parts.zone} />
      </p>
      {limited && <p class="warning">It wants to give orders more often than it may.</p>}
      {warnings.map((text) => <p key={text} class="warning">{`${text}.`}</p>)}
    </>
  );
}

/** A rule in a sentence. */
function sentenceOf(spec: RuleSpec, { commands, sensors }: CommandPageParts): string {
  const target = commands.targets.get(spec.target);
  const unit = target?.sensorNum == null ? null : sensors.byNum(target.sensorNum)?.unit;
  const order = target === null
    ? "Orders what is not there any more"
    : `${target.name}: ${orderText(target.spec, spec.value, unit)}`;
  const { when, hours, for_s, once_per } = spec;
  return [
    order,
    when === null ? "" : `, when ${commands.conditionText(when)}`,
    for_s === 0 ? "" : ` for ${for_s} s`,
    hours === null
      ? ""
      : `, ${when === null ? "at the beginning of" : "within"} ${hours.start} to ${hours.end} on ${
        hours.days.map(shortWeekday).join(", ")
      }`,
    once_per === null ? "" : `, once per ${once_per}`,
  ].join("");
}

function timesText(times: number): string {
  if (times === 0) return "never have given its order";
  return `have given its order ${times === 1 ? "once" : `${times} times`}`;
}
