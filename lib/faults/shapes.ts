/** A fault as the API answers it. */
import { z } from "zod";
import { msField, onWire } from "../base/wire.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import { FAULT_SEVERITIES, FAULT_STATES } from "../words/fault.ts";

export const faultShape = z.object({
  id: z.number(),
  component: z.string().describe("`codec:pump`, `task:backup`, `storage` …"),
  type: z.string().describe("`syntax_error`, `task_hung`, `failed_check` …"),
  severity: z.enum(FAULT_SEVERITIES),
  state: z.enum(FAULT_STATES),
  message: z.string(),
  file: z.string().nullable().describe("below the data directory"),
  line: z.number().nullable(),
  column: z.number().nullable(),
  first_ms: msField,
  last_ms: msField,
  ended_ms: msField.nullable(),
  n: z.number().describe("how often it happened"),
  paused: z.boolean().describe("it paused its component"),
}).meta({ id: "Fault" });
export type FaultJson = z.output<typeof faultShape>;

const wire = onWire<FaultRow>(faultShape);
export const faultJson = (fault: FaultRow): FaultJson => wire(fault) as unknown as FaultJson;
