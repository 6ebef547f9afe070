/** Alarms in words. */
import { NOT_ACKNOWLEDGED } from "../words/alarms.ts";
import { span } from "../words/times.ts";
import { headline } from "../words/usual.ts";
import type { AlarmRecord, Condition, Step } from "./record.ts";

const NAMES_MOST = 3;

/** The title of an alarm: the worst condition that is present. Silent sensors of a machine share one. */
export function titleOf(lead: Condition, standing: readonly Condition[]): string {
  const silent = standing.filter((one) => one.source === "silence");
  if (lead.source !== "silence" || silent.length < 2) return lead.text;
  const names = silent.map(({ text }) => text.slice(0, text.indexOf(":")));
  const said = `${silent.length} sensors do not report`;
  for (let n = Math.min(NAMES_MOST, names.length); n > 0; n--) {
    const more = names.length > n ? ` and ${names.length - n} more` : "";
    const text = `${said}: ${names.slice(0, n).join(", ")}${more}`;
    if (n === 1 || headline(text) === text) return headline(text);
  }
  return said;
}

/** An alarm's step as one sentence without a final stop. */
export function sentenceOf(step: Step, where: string, nowMs: number): string {
  const { type, alarm, actor, note } = step;
  const title = `${where}: ${alarm.title}`;
  const remark = note === null ? "" : `: ${note}`;
  switch (type) {
    case "alarm.raised":
      return title;
    case "alarm.changed":
      return `${title} (now ${alarm.severity})`;
    case "alarm.cleared":
      return `${title} is over; ${NOT_ACKNOWLEDGED}`;
    case "alarm.reopened":
      return `${title} is back`;
    case "alarm.flapping":
      return `${title} comes and goes`;
    case "alarm.acknowledged":
      return `${title}: acknowledged by ${actor}`;
    case "alarm.shelved":
      return `${title}: shelved for ${shelfOf(alarm, nowMs)} by ${actor}${remark}`;
    case "alarm.unshelved":
      return actor === null
        ? `${title} still stands${note === null ? " after its shelf" : `; ${note}`}`
        : `${title}: unshelved by ${actor}`;
    case "alarm.escalated":
      return `${title}: ${NOT_ACKNOWLEDGED} for ${
        span(Math.max(0, nowMs - alarm.timing.escalateMs))
      }`;
    case "alarm.resolved":
      return actor === null ? `${title}: over${remark}` : `${title}: resolved by ${actor}${remark}`;
    case "alarm.commented":
      return `${actor} commented on ${title}${remark}`;
  }
}

function shelfOf(alarm: AlarmRecord, nowMs: number): string {
  return span(Math.max(0, (alarm.shelvedUntilMs ?? nowMs) - nowMs));
}
