import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import type { Decision } from "../../lib/notify/routed.ts";
import { type Rule, ruleSchema, type RuleSpec } from "../../lib/notify/rule.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { noteOf } from "../http/caller.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Rules"];

const RuleJson = ruleSchema.extend({ id: z.string(), created: z.number() });
const Saved = RuleJson.extend({
  warnings: z.array(z.string()).describe("why it reaches nobody, or not whom it means"),
});

/** What is given of a rule that exists: no default fills what is left out. */
const patchSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(ruleSchema.shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault ? field.unwrap() as z.ZodType : field as z.ZodType).optional(),
    ]),
  ),
);

const DecisionJson = z.object({
  rule: z.string().nullable(),
  rule_name: z.string(),
  channel: z.string().nullable(),
  channel_name: z.string().nullable(),
  target: z.string().describe("address on the channel; empty: its own recipients"),
  decision: z.enum(["send", "hold", "digest", "skip"]),
  why: z.string(),
});

const DryRunJson = z.object({
  from: z.number(),
  events: z.number().describe("that were looked at"),
  cut: z.boolean().describe("there were more; the newest were looked at"),
  sent: z.number(),
  held: z.number(),
  collected: z.number().describe("into digests"),
  warnings: z.array(z.string()),
  items: z.array(z.object({
    ts: z.number(),
    type: z.string(),
    severity: z.string(),
    text: z.string(),
    to: z.array(z.object({ channel: z.string(), target: z.string(), why: z.string() })),
  })).describe("the newest of what would have been sent"),
});

const id = z.object({ id: z.string().max(40) });

export interface RuleServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
  clock: Clock;
}

export function ruleJson({ createdMs, ...rule }: Rule) {
  return { ...rule, created: createdMs };
}

/** `/api/rules`: who gets what; and why an alarm was sent to whom. */
export function ruleRoutes({ notify, audit, clock }: RuleServices): Route[] {
  const { rules } = notify;
  const saved = (rule: Rule, status: number) =>
    Response.json({ ...ruleJson(rule), warnings: notify.warnings(rule) }, { status });
  return [
    route({
      method: "get",
      path: "/api/rules",
      policy: "engineer",
      summary: "Rules: who gets what",
      tags,
      responses: {
        200: {
          description: "All rules, oldest first",
          schema: z.object({ items: z.array(RuleJson), next: z.null() }),
        },
      },
      handler: () => Response.json({ items: rules.all().map(ruleJson), next: null }),
    }),
    route({
      method: "get",
      path: "/api/rules/:id",
      policy: "engineer",
      summary: "A rule",
      tags,
      params: id,
      responses: { 200: { description: "The rule", schema: RuleJson } },
      handler: ({ params }) => Response.json(ruleJson(rules.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/rules",
      policy: "engineer",
      summary: "Add a rule; the answer warns when it reaches nobody",
      tags,
      body: ruleSchema,
      example: {
        body: {
          name: "Critical of hall 1, at once",
          severity: "critical",
          machines: ["hall-1"],
          recipients: [{ channel: "*" }],
          quiet: { days: ["sat", "sun"], start: "22:00", end: "07:00", critical: true },
        },
      },
      responses: { 201: { description: "The rule", schema: Saved } },
      handler: async (context) => saved(await rules.add(context.body, noteOf(audit, context)), 201),
    }),
    route({
      method: "patch",
      path: "/api/rules/:id",
      policy: "engineer",
      summary: "Change a rule, switch it off, or mute it for a while",
      tags,
      params: id,
      body: patchSchema,
      example: { body: { severity: "critical" } },
      responses: { 200: { description: "The rule", schema: Saved } },
      handler: async (context) => {
        const { id: _, createdMs: __, ...before } = rules.find(context.params.id);
        const spec: RuleSpec = { ...before, ...context.body };
        return saved(
          await rules.change(context.params.id, spec, noteOf(audit, context)),
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
        await rules.remove(context.params.id, noteOf(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/rules/dry-run",
      policy: "engineer",
      summary: "What a rule would have sent in the last days; nothing is sent or saved",
      tags,
      body: z.strictObject({
        rule: ruleSchema,
        days: z.number().int().min(1).max(90).default(7),
      }),
      example: {
        body: { rule: { name: "Everything", severity: "info", recipients: [{ channel: "*" }] } },
      },
      responses: { 200: { description: "What it would have sent", schema: DryRunJson } },
      handler: async ({ body }) => {
        const run = await notify.dryRun(body.rule, clock.now() - body.days * DAY_MS);
        const { fromMs, items, ...counts } = run;
        return Response.json({
          ...counts,
          from: fromMs,
          warnings: notify.warnings(body.rule),
          items: items.map(({ event, to }) => ({
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
      summary: "Why did I (not) get this? What every rule said to each step of an alarm",
      tags,
      params: id,
      responses: {
        200: {
          description: "Steps, newest first; addresses of others are for engineers",
          schema: z.object({
            items: z.array(z.object({
              event: z.number(),
              ts: z.number(),
              decisions: z.array(DecisionJson),
            })),
            next: z.null(),
          }),
        },
      },
      handler: async ({ params, who }) => {
        const seesAddresses = atLeast(who!.role, "engineer");
        const items = (await notify.outbox.routings(`alarm:${params.id}`, MOST_STEPS)).map(
          ({ event, tMs, decisions }) => ({
            event,
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
