import { z } from "zod";
import { formerly, msField } from "../base/wire.ts";
import type { SettingView } from "./setting.ts";

/** A setting as the API and `perch settings --json` give it. */
export const settingShape = z.object({
  key: z.string(),
  category: z.string(),
  title: z.string(),
  help: z.string(),
  unit: z.string().nullable(),
  schema: z.unknown().describe("JSON Schema of the value"),
  secret: z.boolean().describe("written, never read: value and default are null"),
  restart: z.boolean().describe("takes effect at the next start"),
  change: z.string().describe("role that may change it"),
  value: z.unknown(),
  default: z.unknown(),
  changed: z.boolean(),
  changed_ms: msField.nullable(),
  changed_by: z.string().nullable(),
  changed_at: formerly(z.number().nullable(), "changed_ms"),
}).meta({ id: "Setting" });

export function settingOf(view: SettingView): z.output<typeof settingShape> {
  const { changedMs, changedBy, ...rest } = view;
  return { ...rest, changed_ms: changedMs, changed_by: changedBy, changed_at: changedMs };
}
