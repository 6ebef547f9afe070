import { z } from "zod";
import { msField } from "../../lib/base/wire.ts";
import { commandRuleShape, type RuleSpec, storedRuleShape } from "../../lib/commands/rule.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import type { CommandServices } from "./request.ts";

const tags = ["Commands"];
const id = idParams();

/** What is given of a rule that exists: no default fills what is left out. */
const patchShape = z.strictObject(
  Object.fromEntries(
    Object.entries(commandRuleShape.shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault ? field.unwrap() as z.ZodType : field as z.ZodType).optional(),
    ]),
  ),
).meta({ id: "CommandRulePatch" });
const dryRunShape = z.object({
  from_ms: msField,
  to_ms: msField,
  times: z.number().describe("it would have given its order"),
  fired_ms: z.array(z.number()).describe("the newest of them"),
  readings: z.number().describe("that were looked at"),
  cut: z.boolean().describe("there are more readings: it ends at `to_ms`"),
  warnings: z.array(z.string()),
}).meta({ id: "CommandDryRun" });

/** `/api/command-rules`: orders that are given by themselves. Whoever writes one gives orders. */
export function commandRuleApi({ commands, audit }: CommandServices): Route[] {
  const { rules } = commands;
  return [
    route({
      method: "get",
      path: "/api/command-rules",
      policy: "viewer",
      summary: "Rules that give orders, oldest first",
      tags,
      responses: { 200: { description: "All of them", schema: listOf(storedRuleShape) } },
      handler: () => Response.json({ items: rules.all().map(commands.ruleView), next: null }),
    }),
    route({
      method: "get",
      path: "/api/command-rules/:id",
      policy: "viewer",
      summary: "A rule",
      tags,
      params: id,
      responses: { 200: { description: "The rule", schema: storedRuleShape } },
      handler: ({ params }) => Response.json(commands.ruleView(rules.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/command-rules",
      policy: "command:engineer",
      summary: "Add a rule; it fires when it next becomes true",
      tags,
      body: commandRuleShape,
      example: {
        body: {
          name: "Light at dawn",
          target: "hall-1/press-3/temperature",
          value: true,
          hours: { days: ["mon"], start: "06:00", end: "08:00" },
        },
      },
      responses: { 201: { description: "The rule", schema: storedRuleShape } },
      handler: async (context) => {
        const rule = await rules.add(context.body, auditedBy(audit, context));
        return Response.json(commands.ruleView(rule), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/command-rules/:id",
      policy: "command:engineer",
      summary: "Change a rule, or switch it off",
      tags,
      params: id,
      body: patchShape,
      example: { body: { enabled: false } },
      responses: { 200: { description: "The rule", schema: storedRuleShape } },
      handler: async (context) => {
        const { params, body } = context;
        const spec: RuleSpec = { ...rules.find(params.id).spec, ...body };
        const rule = await rules.change(params.id, spec, auditedBy(audit, context));
        return Response.json(commands.ruleView(rule));
      },
    }),
    route({
      method: "delete",
      path: "/api/command-rules/:id",
      policy: "command:engineer",
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
      path: "/api/command-rules/dry-run",
      policy: "engineer",
      summary: "How often a rule would have fired in the last days; nothing is ordered or saved",
      tags,
      body: z.strictObject({
        rule: commandRuleShape,
        days: z.number().int().min(1).max(30).default(7),
      }).meta({ id: "CommandDryRunOrder" }),
      example: {
        body: {
          rule: {
            name: "Light at dawn",
            target: "hall-1/press-3/temperature",
            value: true,
            hours: { days: ["mon"], start: "06:00", end: "08:00" },
          },
        },
      },
      responses: { 200: { description: "What it would have done", schema: dryRunShape } },
      handler: async ({ body }) => {
        const { fromMs, toMs, firedMs, ...run } = await commands.dryRun(body.rule, body.days);
        const warnings = commands.warnings(body.rule);
        return Response.json({
          ...{ ...run, from_ms: fromMs, to_ms: toMs, fired_ms: firedMs, warnings },
        });
      },
    }),
  ];
}
