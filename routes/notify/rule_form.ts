import {
  familyOf,
  namesType,
  ROUTABLE_TYPES,
  type Rule,
  type RuleSpec,
} from "../../lib/notify/rule.ts";
import { WEEKDAYS } from "../../lib/words/names.ts";
import { HOUR_MS } from "../../lib/words/times.ts";

/** Steps of escalation that the form offers; the API takes more. */
export const FORM_STEPS = 3;

type Values = Record<string, string>;

/** What a rule's form holds, as the rule that the schema is to check. */
export function ruleOfForm(values: Readonly<Values>, nowMs: number): unknown {
  const on = (name: string) => values[name] === "on";
  const list = (name: string) =>
    (values[name] ?? "").split(/[,\n]+/).map((part) => part.trim()).filter((part) => part !== "");
  // What was filled counts: a time is meant for every day where none is chosen, and the other time is asked for.
  const hours = (prefix: string) => {
    const chosen = WEEKDAYS.filter((day) => on(`${prefix}.${day}`));
    const [start, end] = [values[`${prefix}.start`] ?? "", values[`${prefix}.end`] ?? ""];
    if (chosen.length === 0 && start === "" && end === "") return null;
    return { days: chosen.length === 0 ? WEEKDAYS : chosen, start, end };
  };
  const quiet = hours("quiet");
  const mute = Number(values.mute_hours ?? "0");
  return {
    name: values.name ?? "",
    enabled: on("enabled"),
    events: ROUTABLE_TYPES.filter((type) => on(`event.${type}`)),
    severity: values.severity,
    machines: list("machines"),
    tags: list("tags"),
    hours: hours("hours"),
    quiet: quiet === null ? null : { ...quiet, critical: on("quiet.critical") },
    digest_minutes: Number(values.digest_minutes || "0"),
    recipients: recipientsOf(values, "to"),
    escalation: Array.from({ length: FORM_STEPS }, (_, i) => `step${i}`)
      .map((step) => ({
        after_minutes: numberOf(values[`${step}.after`]),
        recipients: recipientsOf(values, step),
      }))
      .filter((step) => step.after_minutes !== undefined || step.recipients.length > 0),
    muted_until: mute > 0 ? nowMs + mute * HOUR_MS : Number(values.muted_until) || null,
  };
}

/** Undefined when nothing is typed; what is no number is left to the schema. */
function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text.trim() === "" ? undefined : Number(text);
}

/** `to.<channel>` is ticked, or `to.person` names `<channel>/<person>`. */
function recipientsOf(values: Readonly<Values>, prefix: string) {
  const channels = Object.keys(values)
    .filter((name) => name.startsWith(`${prefix}.channel.`) && values[name] === "on")
    .map((name) => ({ channel: name.slice(`${prefix}.channel.`.length) }));
  const [channel, person] = (values[`${prefix}.person`] ?? "").split("/", 2);
  return person === undefined || person === "" ? channels : [...channels, { channel, person }];
}

/** A rule as its form shows it. */
export function formOfRule(rule: RuleSpec): Values {
  const values: Values = {
    name: rule.name,
    severity: rule.severity,
    machines: rule.machines.join(", "),
    tags: rule.tags.join(", "),
    digest_minutes: String(rule.digest_minutes),
    muted_until: rule.muted_until === null ? "" : String(rule.muted_until),
  };
  const tick = (name: string) => void (values[name] = "on");
  if (rule.enabled) tick("enabled");
  for (const type of ROUTABLE_TYPES) if (namesType(rule.events, type)) tick(`event.${type}`);
  for (const prefix of ["hours", "quiet"] as const) {
    const hours = rule[prefix];
    if (hours === null) continue;
    hours.days.forEach((day) => tick(`${prefix}.${day}`));
    values[`${prefix}.start`] = hours.start;
    values[`${prefix}.end`] = hours.end;
  }
  if (rule.quiet?.critical ?? true) tick("quiet.critical");
  recipients("to", rule.recipients);
  rule.escalation.forEach((step, i) => {
    values[`step${i}.after`] = String(step.after_minutes);
    recipients(`step${i}`, step.recipients);
  });
  return values;

  function recipients(prefix: string, given: RuleSpec["recipients"]): void {
    for (const { channel, person } of given) {
      if (person === undefined) tick(`${prefix}.channel.${channel}`);
      else values[`${prefix}.person`] = `${channel}/${person}`;
    }
  }
}

/** Types of events under the family they belong to. */
export function typesByFamily(): Map<string, string[]> {
  const families = new Map<string, string[]>();
  for (const type of ROUTABLE_TYPES) {
    const family = familyOf(type);
    families.set(family, [...families.get(family) ?? [], type]);
  }
  return families;
}

/** True when the form cannot show all that the rule says. */
export function isBeyondForm(rule: Rule): boolean {
  const persons = (given: RuleSpec["recipients"]) =>
    given.filter((one) => one.person !== undefined).length > 1;
  return rule.escalation.length > FORM_STEPS || persons(rule.recipients) ||
    rule.escalation.some((step) => persons(step.recipients));
}
