import type { Observation } from "./observation.ts";
import type { AlarmRecord } from "./record.ts";
import type { SystemFacts, Wrong } from "./system_facts.ts";
import type { SystemRule } from "./judgement.ts";
import { SYSTEM_RULES } from "./system_rules.ts";

const PREFIX = "system:";
const WELL: Wrong = { severity: "info", text: "", value: null, limit: null };

/** Conditions of the rules about Perch that stand, by their keys, with the machine of their alarm. */
export function standingSystemKeys(alarms: Iterable<AlarmRecord>): Map<string, string | null> {
  const keys = new Map<string, string | null>();
  for (const { source, conditions, machine } of alarms) {
    if (source !== "system") continue;
    for (const { key, present } of conditions) if (present) keys.set(key, machine);
  }
  return keys;
}

/**
 * The facts as observations: what is wrong now, and the end of what stood and is not wrong any more, nor is there any
 * more. What cannot be judged now stands as it did.
 */
export function systemObservations(
  facts: SystemFacts,
  nowMs: number,
  standing: ReadonlyMap<string, string | null>,
): Observation[] {
  const ended = new Map(standing);
  const wrong: Observation[] = [];
  for (const rule of SYSTEM_RULES) {
    const judged = rule.judge(facts);
    if (judged === null) {
      for (const key of standing.keys()) if (isOf(rule, key)) ended.delete(key);
      continue;
    }
    for (const [name, one] of wrongsOf(judged)) {
      const key = name === null ? PREFIX + rule.key : `${PREFIX}${rule.key}:${name}`;
      ended.delete(key);
      wrong.push(observationOf(key, true, one, nowMs));
    }
  }
  return [
    ...Array.from(
      ended,
      ([key, machine]) => observationOf(key, false, { ...WELL, machine }, nowMs),
    ),
    ...wrong,
  ];
}

function wrongsOf(
  judged: NonNullable<ReturnType<SystemRule["judge"]>>,
): Iterable<readonly [string | null, Wrong]> {
  if (judged === "well") return [];
  return "severity" in judged ? [[null, judged]] : judged;
}

const isOf = (rule: SystemRule, key: string) =>
  key === PREFIX + rule.key || key.startsWith(`${PREFIX}${rule.key}:`);

function observationOf(key: string, present: boolean, one: Wrong, nowMs: number): Observation {
  const { severity, text, value, limit } = one;
  return {
    key,
    cause: key,
    source: "system",
    detector: null,
    sensor: null,
    machine: one.machine ?? null,
    present,
    point: false,
    severity,
    text,
    value,
    limit,
    tMs: one.sinceMs ?? nowMs,
    finding: null,
    drivers: [],
  };
}
