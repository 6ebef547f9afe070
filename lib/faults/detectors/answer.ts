/** What a fault detector answers, held against what is allowed. Pure. */
import { z } from "zod";
import type { ScriptFault } from "../../scripts/script.ts";
import { FAULT_SEVERITIES } from "../../words/fault.ts";
import type { Sighting } from "../fault.ts";

const FAULTS_MOST = 10;
const TEXT_MOST = 300;
const NAME_MOST = 100;

const answerShape = z.array(z.strictObject({
  severity: z.enum(FAULT_SEVERITIES),
  /** Part of Perch; left out: the detector itself. */
  component: z.string().trim().min(1).max(NAME_MOST).optional(),
  message: z.string().trim().min(1).max(TEXT_MOST),
  /** Tells apart several faults of a component. */
  key: z.string().trim().max(NAME_MOST).optional(),
})).max(FAULTS_MOST);

/** The faults that a detector sees; nothing answered: none. Of several with one cause the first counts. */
export function readFaults(
  name: string,
  given: unknown,
): { sightings: Sighting[] } | { fault: ScriptFault } {
  if (given === null || given === undefined) return { sightings: [] };
  const read = answerShape.safeParse(given);
  if (!read.success) {
    const [{ path, message }] = read.error.issues;
    const place = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`);
    const text = `check has to answer a list of faults: ${place.join("")} ${message}`.slice(0, 400);
    return { fault: { type: "shape", message: text, line: null, column: null } };
  }
  const own = componentOf(name);
  const byCause = new Map<string, Sighting>();
  for (const { severity, component = own, message, key } of read.data) {
    const cause = [own, component, ...(key ? [key] : [])].join(" ");
    if (byCause.has(cause)) continue;
    byCause.set(cause, { cause, component, type: "custom_fault", severity, message });
  }
  return { sightings: [...byCause.values()] };
}

export const componentOf = (name: string) => `fault_detector:${name}`;
