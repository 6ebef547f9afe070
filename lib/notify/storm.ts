/** Floods: what would be too many messages becomes a digest. Pure. */
import type { Routed, RoutedChannel } from "./routed.ts";
import { nextMultiple } from "./rule_times.ts";

/** Limits against floods: more than `messages` in `minutes` to one channel become one digest. */
export interface StormLimits {
  messages: number;
  minutes: number;
}

/**
 * Turns what would flood a channel for people into a digest. `sent` counts the single messages per channel of
 * the last minutes and is counted on.
 */
export function calmStorm(
  routed: Routed,
  sent: Map<string, number>,
  channels: readonly RoutedChannel[],
  limits: StormLimits,
  nowMs: number,
): Routed {
  const planned = routed.planned.map((plan) => {
    const channel = channels.find(({ id }) => id === plan.channel);
    if (plan.state !== "waiting" || !channel?.forPeople) return plan;
    const count = sent.get(plan.channel) ?? 0;
    sent.set(plan.channel, count + 1);
    if (count < limits.messages) return plan;
    const why = `more than ${limits.messages} messages in ${limits.minutes} minutes: ` +
      "collected into one";
    const untilMs = nextMultiple(nowMs, limits.minutes);
    return { ...plan, state: "digest" as const, untilMs, why };
  });
  const decisions = routed.decisions.map((decision) => {
    const plan = planned.find((p) =>
      p.channel === decision.channel && p.target === decision.target
    );
    if (decision.decision !== "send" || plan?.state !== "digest") return decision;
    return { ...decision, decision: "digest" as const, why: plan.why };
  });
  return { planned, decisions };
}
