/** When a rule lets a message go: now, after quiet hours, or with the next digest. Pure. */
import type { LoggedEvent } from "../events/event.ts";
import { type Span, spanAt } from "../machines/windows.ts";
import type { Planned, RoutingContext } from "./routed.ts";
import { type Hours, type Rule, timingOf } from "./rule.ts";

export function timingFor(
  rule: Rule,
  event: LoggedEvent,
  context: RoutingContext,
): Pick<Planned, "state" | "untilMs"> & { why: string | null } {
  if (rule.quiet !== null && !(rule.quiet.critical && event.severity === "critical")) {
    const span = spanOf(rule.quiet, context);
    if (span !== null && span.fromMs <= context.nowMs) {
      const why = `quiet hours until ${rule.quiet.end}: held until then`;
      return { state: "held", untilMs: span.toMs, why };
    }
  }
  if (rule.digest_minutes > 0) {
    return {
      state: "digest",
      untilMs: nextMultiple(context.nowMs, rule.digest_minutes),
      why: `collected into one message every ${rule.digest_minutes} minutes`,
    };
  }
  return { state: "waiting", untilMs: null, why: null };
}

/** The next moment that is a multiple of so many minutes. */
export function nextMultiple(nowMs: number, minutes: number): number {
  const stepMs = minutes * 60_000;
  return (Math.floor(nowMs / stepMs) + 1) * stepMs;
}

export function spanOf(hours: Hours, { nowMs, zone }: RoutingContext): Span | null {
  return spanAt(timingOf(hours), nowMs, zone);
}
