/** Orders that are given by themselves: what a rule says. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { clockTime } from "../machines/windows.ts";
import { WEEKDAYS } from "../words/names.ts";
import { conditionShape } from "./condition.ts";

export const PERIODS = ["hour", "day", "week"] as const;
export type Period = typeof PERIODS[number];

const hours = z.strictObject({
  days: z.array(z.enum(WEEKDAYS)).min(1, "choose at least one day").max(7),
  start: clockTime,
  end: clockTime.describe("at or before start: on the next day"),
}).meta({ id: "RuleHours" });

/** What a rule says. It gives its order when all of it becomes true, once, until it has been untrue. */
export const commandRuleShape = z.strictObject({
  name: z.string().trim().min(1, "give it a name").max(80),
  enabled: z.boolean().default(true),
  target: z.string().min(1).max(2000)
    .describe("id of what is told, or the sensor that shows its state"),
  value: z.union([z.number(), z.boolean(), z.string().max(200)]),
  when: conditionShape.nullable().default(null).describe("null: whenever its hours begin"),
  for_s: z.number().int().min(0).max(86_400).default(0).describe("how long the condition holds"),
  hours: hours.nullable().default(null).describe("at these hours only, in the site's time zone"),
  once_per: z.enum(PERIODS).nullable().default(null),
  every_s: z.number().int().min(1).max(86_400).default(60)
    .describe("its orders are at least so far apart"),
}).meta({ id: "NewCommandRule" });
export type RuleSpec = z.output<typeof commandRuleShape>;

export interface Rule {
  id: string;
  spec: RuleSpec;
  /** It gave its order, or was true when it was saved: it has to be untrue first. */
  spent: boolean;
  firedMs: number | null;
  createdMs: number;
}

/** A rule as the API shows it. */
export const storedRuleShape = z.object({
  ...commandRuleShape.shape,
  id: z.string(),
  fired_ms: msField.nullable(),
  limited: z.boolean().describe("it wants to give orders faster than it may"),
  warnings: z.array(z.string()),
  created_ms: msField,
}).meta({ id: "CommandRule" });
export type RuleView = z.output<typeof storedRuleShape>;
