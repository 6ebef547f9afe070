/** What a person does with an alarm. Pure; see `decide.ts`. */
import { PerchError } from "../base/errors.ts";
import { span } from "../words/times.ts";
import { resolvedByItself } from "./ending.ts";
import { scheduled } from "./timers.ts";
import { type AlarmOptions, type Decision, withStep } from "./decision.ts";
import { type AlarmRecord, isOpen } from "./record.ts";

export type Command =
  | { kind: "acknowledge" }
  | { kind: "resolve"; note: string | null; verdict: AlarmRecord["verdict"] }
  | { kind: "shelve"; untilMs: number; note: string | null }
  | { kind: "unshelve" }
  | { kind: "judge"; verdict: NonNullable<AlarmRecord["verdict"]> };

/** A shelf is for a while, not for ever. */
export const SHELF_MOST_MS = 30 * 86_400_000;

/**
 * What a command makes of an alarm.
 * @throws PerchError `conflict` when somebody else was faster: it says who and when; `validation`
 */
export function obey(
  alarm: AlarmRecord,
  command: Command,
  by: string,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const next = { ...alarm, version: alarm.version + 1 };
  if (command.kind === "judge") return { alarm: { ...next, verdict: command.verdict }, steps: [] };
  if (!isOpen(alarm)) throw resolvedAlready(alarm, nowMs);
  switch (command.kind) {
    case "acknowledge":
      return acknowledge(next, by, nowMs, options);
    case "resolve": {
      const { note, verdict } = command;
      const { conditions, present } = left(alarm);
      const resolved: AlarmRecord = {
        ...resolvedByItself(next, note, nowMs).alarm,
        conditions,
        present,
        resolvedBy: by,
        verdict: verdict ?? alarm.verdict,
        shelvedUntilMs: null,
      };
      return withStep(resolved, "alarm.resolved", by, note);
    }
    case "shelve": {
      const { untilMs, note } = command;
      checkShelf(untilMs, nowMs);
      const shelved = scheduled({ ...next, shelvedUntilMs: untilMs }, nowMs, options);
      return withStep(shelved, "alarm.shelved", by, note);
    }
    case "unshelve": {
      if (alarm.shelvedUntilMs === null) {
        throw new PerchError("conflict", "the alarm is not shelved", {
          about: [`alarm:${alarm.id}`],
        });
      }
      const timing = { ...next.timing, escalateMs: nowMs };
      const back = scheduled(
        { ...next, shelvedUntilMs: null, escalated: 0, timing },
        nowMs,
        options,
      );
      return withStep(back, "alarm.unshelved", by);
    }
  }
}

/**
 * What stands on when a person resolves the alarm: it is remembered, so that it is not raised again while it does.
 * What a person said is over when a person says so.
 */
function left({ conditions, present }: AlarmRecord): Pick<AlarmRecord, "conditions" | "present"> {
  if (!conditions.some(({ source }) => source === "person")) return { conditions, present };
  const still = conditions.map((one) => one.source === "person" ? { ...one, present: false } : one);
  return { conditions: still, present: still.some((one) => one.present) };
}

function acknowledge(
  alarm: AlarmRecord,
  by: string,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  if (alarm.state === "acknowledged") {
    throw conflict(`${alarm.acknowledgedBy} acknowledged it ${ago(alarm.acknowledgedMs!, nowMs)}`);
  }
  const taken: AlarmRecord = {
    ...alarm,
    state: "acknowledged",
    acknowledgedMs: nowMs,
    acknowledgedBy: by,
  };
  const { alarm: acknowledged, steps } = withStep(
    scheduled(taken, nowMs, options),
    "alarm.acknowledged",
    by,
  );
  // It was over before somebody saw it: now it has been seen.
  const seen = alarm.clearedMs !== null && !alarm.present && !alarm.flapping &&
    !alarm.conditions[0].point;
  if (!seen) return { alarm: acknowledged, steps };
  const ended = resolvedByItself(acknowledged, null, nowMs);
  return { alarm: ended.alarm, steps: [...steps, ...ended.steps] };
}

function checkShelf(untilMs: number, nowMs: number): void {
  const fault = untilMs <= nowMs
    ? "must be in the future"
    : untilMs > nowMs + SHELF_MOST_MS
    ? "must be within 30 days"
    : null;
  if (fault === null) return;
  throw new PerchError("validation", `until_ms: ${fault}`, {
    errors: [{ path: "until_ms", message: fault }],
  });
}

function resolvedAlready(alarm: AlarmRecord, nowMs: number): PerchError {
  const when = ago(alarm.resolvedMs!, nowMs);
  return conflict(
    alarm.resolvedBy === null
      ? `the alarm resolved by itself ${when}`
      : `${alarm.resolvedBy} resolved it ${when}`,
  );
}

function ago(tMs: number, nowMs: number): string {
  return `${span(Math.max(0, Math.round((nowMs - tMs) / 1000) * 1000))} ago`;
}

function conflict(message: string): PerchError {
  return new PerchError("conflict", message);
}
