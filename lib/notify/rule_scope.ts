/** What a rule names must be there when it is saved: a rule that matches nothing would keep alarms from people. */
import { type FieldError, PerchError } from "../base/errors.ts";
import { type NamedMachine, placeOf } from "../machines/places.ts";
import { EVERY_CHANNEL, type RuleSpec } from "./rule.ts";

/** What there is to be named. */
export interface Named {
  machines: readonly (NamedMachine & { tags: readonly string[] })[];
  hasChannel(id: string): boolean;
  hasPerson(id: string): boolean;
}

/**
 * The rule with whole paths in place of the names that people gave. What stood in the rule `before` is not judged
 * again: its machine may have gone meanwhile, and the rule can be changed all the same.
 * @throws PerchError `validation` naming each field
 */
export function settledRule(spec: RuleSpec, before: RuleSpec | null, named: Named): RuleSpec {
  const errors: FieldError[] = [];
  const machines = spec.machines.map((text) => {
    if (before?.machines.includes(text)) return text;
    const { path, fault } = placeOf(text, named.machines);
    if (fault !== null) errors.push({ path: "machines", message: fault });
    return path ?? text;
  });
  for (const tag of spec.tags) {
    if (before?.tags.includes(tag) || named.machines.some(({ tags }) => tags.includes(tag))) {
      continue;
    }
    errors.push({ path: "tags", message: `no machine has the tag “${tag}”` });
  }
  const known = new Set(recipientsOf(before).map(keyOf));
  for (const one of recipientsOf(spec)) {
    if (known.has(keyOf(one))) continue;
    const { channel, person } = one;
    if (channel !== EVERY_CHANNEL && !named.hasChannel(channel)) {
      errors.push({ path: "recipients", message: `there is no channel “${channel}”` });
    }
    if (person !== undefined && !named.hasPerson(person)) {
      errors.push({ path: "recipients", message: `there is no person “${person}”` });
    }
  }
  if (errors.length === 0) return { ...spec, machines: [...new Set(machines)] };
  throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
}

function recipientsOf(spec: RuleSpec | null) {
  if (spec === null) return [];
  return [...spec.recipients, ...spec.escalation.flatMap((step) => step.recipients)];
}

const keyOf = ({ channel, person }: { channel: string; person?: string }) => `${channel} ${person}`;
