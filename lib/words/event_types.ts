import { title } from "./names.ts";

const REPORTED = "external.";

/** A type of event in a word or two: `alarm.raised` → `Alarm raised`, `external.sms` → `SMS`. */
export function eventWord(type: string): string {
  return title(type.startsWith(REPORTED) ? type.slice(REPORTED.length) : type.replace(".", " "));
}
