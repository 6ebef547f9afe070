import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { bodyMoment, momentMs } from "../../lib/base/epoch.ts";
import { msField, oldMs } from "../../lib/base/wire.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import type { Decision } from "../../lib/notify/routed.ts";
import {
  type Rule,
  ruleOf,
  ruleShape,
  type RuleSpec,
  storedRuleShape,
} from "../../lib/notify/rule.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Rules"];

const savedShape = storedRuleShape.extend({
  warnings: z.array(z.string()).describe("why it reaches nobody, or not whom it means"),
}).meta({ id: "SavedRule" });

/** A rule as it is given: its time as people write times. */
const givenShape = ruleShape.extend({
  muted_until: bodyMoment.nullable().default(null).describe(
    "sends nothing until then, such as +2h",
  ),
}).meta({ id: "RuleSpec" });

/** What is given of a rule that exists: no default fills what is left out. */
const patchShape = z.strictObject(
  Object.fromEntries(
    Object.entries(givenShape.shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault ? field.unwrap() as z.ZodType : field as z.ZodType).optional(),
    ]),
  ),
).meta({ id: "RulePatch" });

const decisionShape = z.object({
  rule: z.string().nullable(),
  rule_name: z.string(),
  channel: z.string().nullable(),
  channel_name: z.string().nullable(),
  target: z.string().describe("address on the channel; empty: its own recipients"),
  decision: z.enum(["send", "hold", "digest", "skip"]),
  why: z.string(),
}).meta({ id: "RoutingDecision" });

const stepShape = z.object({
  event: z.number(),
  at_ms: msField,
  decisions: z.array(decisionShape),
  ts: oldMs("at_ms"),
}).meta({ id: "RoutingStep" });

const dryRunItemShape = z.object({
  at_ms: msField,
  type: z.string(),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  to: z.array(z.object({ channel: z.string(), target: z.string(), why: z.string() })),
  ts: oldMs("at_ms"),
}).meta({ id: "DryRunItem" });

const dryRunShape = z.object({
  from_ms: msField,
  events: z.number().describe("that were looked at"),
  cut: z.boolean().describe("there were more; the newest were looked at"),
  sent: z.number(),
  held: z.number(),
  collected: z.number().describe("into digests"),
  warnings: z.array(z.string()),
  items: z.array(dryRunItemShape).describe("the newest of what would have been sent"),
  from: oldMs("from_ms"),
}).meta({ id: "DryRun" });

const dryRunBody = z.strictObject({
  rule: givenShape,
  days: z.number().int().min(1).max(90).default(7),
}).meta({ id: "DryRunOrder" });

const id = idParams();

export interface RuleServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
  clock: Clock;
}

/** `/api/rules`: who gets what; and why an alarm was sent to whom. */
export function ruleRoutes({ notify, audit, clock }: RuleServices): Route[] {
  const { rules } = notify;
  const specOf = ({ muted_until, ...given }: z.output<typeof givenShape>): RuleSpec => ({
    ...given,
    muted_until: momentMs(muted_until, clock.now()),
  });
  const saved = (rule: Rule, status: number) =>
    Response.json({ ...ruleOf(rule), warnings: notify.warnings(rule) }, { status });
  return [
    route({
      method: "get",
      path: "/api/rules",
      policy: "engineer",
      summary: "Rules: who is notified of what",
      tags,
      responses: {
        200: {
          description: "All rules, oldest first",
          schema: listOf(storedRuleShape),
        },
      },
      handler: () => Response.json({ items: rules.all().map(ruleOf), next: null }),
    }),
    route({
      method: "get",
      path: "/api/rules/:id",
      policy: "engineer",
      summary: "A rule",
      tags,
      params: id,
      responses: { 200: { description: "The rule", schema: storedRuleShape } },
      handler: ({ params }) => Response.json(ruleOf(rules.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/rules",
      policy: "engineer",
      summary: "Add a rule; the answer warns when it reaches nobody",
      tags,
      body: givenShape,
      example: {
        body: {
          name: "Critical of hall 1, at once",
          severity: "critical",
          machines: ["hall-1"],
          recipients: [{ channel: "*" }],
          quiet: { days: ["sat", "sun"], start: "22:00", end: "07:00", critical: true },
        },
      },
      responses: { 201: { description: "The rule", schema: savedShape } },
      handler: async (context) =>
        saved(await rules.add(specOf(context.body), auditedBy(audit, context)), 201),
    }),
    route({
      method: "patch",
      path: "/api/rules/:id",
      policy: "engineer",
      summary: "Change a rule, switch it off, or mute it for a while",
      tags,
      params: id,
      body: patchShape,
      example: { body: { severity: "critical" } },
      responses: { 200: { description: "The rule", schema: savedShape } },
      handler: async (context) => {
        const { id: _, createdMs: __, ...before } = rules.find(context.params.id);
        const spec = specOf({ ...before, ...context.body });
        return saved(
          await rules.change(context.params.id, spec, auditedBy(audit, context)),
          200,
        );
      },
    }),
    route({
      method: "delete",
      path: "/api/rules/:id",
      policy: "engineer",
      summary: "Delete a rule",
      tags,
      params: id,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await rules.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/rules/dry-run",
      policy: "engineer",
      summary: "What a rule would have sent in the last days; nothing is sent or saved",
      tags,
      body: dryRunBody,
      example: {
        body: { rule: { name: "Everything", severity: "info", recipients: [{ channel: "*" }] } },
      },
      responses: { 200: { description: "What it would have sent", schema: dryRunShape } },
      handler: async ({ body }) => {
        const run = await notify.dryRun(specOf(body.rule), clock.now() - body.days * DAY_MS);
        const { fromMs, items, ...counts } = run;
        return Response.json({
          ...counts,
          from_ms: fromMs,
          from: fromMs,
          warnings: notify.warnings(specOf(body.rule)),
          items: items.map(({ event, to }) => ({
            at_ms: event.tMs,
            ts: event.tMs,
            type: event.type,
            severity: event.severity,
            text: event.text,
            to,
          })),
        });
      },
    }),
    route({
      method: "get",
      path: "/api/alarms/:id/routing",
      policy: "viewer",
      summary: "Why did I (not) get this? What every rule decided about each step of an alarm",
      tags,
      params: id,
      responses: {
        200: {
          description: "Steps, newest first; addresses of others are for engineers",
          schema: listOf(stepShape),
        },
      },
      handler: async ({ params, who }) => {
        const seesAddresses = atLeast(who!.role, "engineer");
        const items = (await notify.outbox.routings(`alarm:${params.id}`, MOST_STEPS)).map(
          ({ event, tMs, decisions }) => ({
            event,
            at_ms: tMs,
            ts: tMs,
            decisions: seesAddresses ? decisions : decisions.map(withoutAddress),
          }),
        );
        return Response.json({ items, next: null });
      },
    }),
  ];
}

const MOST_STEPS = 200;

/** A decision as it is shown to people who may not see the addresses of others. */
export function withoutAddress(decision: Decision): Decision {
  return decision.target === "" ? decision : { ...decision, target: "one person" };
}
