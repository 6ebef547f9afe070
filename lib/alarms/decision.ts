/** What decides about an alarm, and what a decision is. */
import type { AlarmRecord, Step } from "./record.ts";

export interface AlarmOptions {
  /** A cause that returns within this time belongs to the same alarm. */
  repeatMs: number;
  /** Coming this often within `repeatMs` is flapping. */
  flapTimes: number;
  /** Whether an alarm whose condition returned to normal resolves by itself. */
  resolveWhenClear: "always" | "acknowledged";
  /** An alarm of single odd readings ends after this long without one. */
  quietMs: number;
  /** Minutes after which an alarm that nobody acknowledges goes to the next; empty: never. */
  escalationMinutes: (alarm: AlarmRecord) => readonly number[];
}

export interface Decision {
  alarm: AlarmRecord;
  steps: Step[];
}

export function withStep(
  alarm: AlarmRecord,
  type: Step["type"],
  actor: string | null = null,
  note: string | null = null,
): Decision {
  return { alarm, steps: [{ type, alarm, actor, note }] };
}
