/** An order that was given, and what came of it. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { COMMAND_STATES, type CommandState } from "../words/commands.ts";
import type { OrderValue } from "../machines/order.ts";

export interface Command {
  id: string;
  targetId: string;
  value: OrderValue;
  /** `user:<name>`, `key:<name>`, `rule:<id>`. */
  actor: string;
  state: CommandState;
  reason: string | null;
  tMs: number;
  doneMs: number | null;
}

/** A command as the API shows it. */
export const commandShape = z.object({
  id: z.string(),
  target: z.string().describe("id"),
  target_name: z.string(),
  machine: z.string().nullable(),
  value: z.union([z.number(), z.string(), z.boolean()]),
  by: z.string().describe("who ordered it"),
  rule: z.string().nullable().describe("id of the rule that ordered it"),
  state: z.enum(COMMAND_STATES).describe("`unconfirmed`: sent, and never shown by its state"),
  reason: z.string().nullable(),
  t_ms: msField,
  done_ms: msField.nullable(),
}).meta({ id: "Command" });
export type CommandView = z.output<typeof commandShape>;

export const RULE_ACTOR = "rule:";
