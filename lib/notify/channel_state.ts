import type { Outcome } from "./channel.ts";
import type { ChannelState } from "./channels_store.ts";

/** What changes when a person switches a channel on or off: switched on, it begins anew. */
export function switchedTo(
  enabled: boolean,
  before: ChannelState,
): Pick<ChannelState, "enabled" | "offReason" | "failingSinceMs"> {
  const fresh = enabled && !before.enabled;
  return { enabled, offReason: null, failingSinceMs: fresh ? null : before.failingSinceMs };
}

/** How a channel is doing after a try. A message that was refused counts as failing until the next is accepted. */
export function stateAfter(before: ChannelState, outcome: Outcome, tMs: number): ChannelState {
  const { answer, state } = outcome;
  const tried = { ...before, triedMs: tMs, answer };
  if (state === "delivered") return { ...tried, okMs: tMs, failingSinceMs: null };
  const failing = { ...tried, failingSinceMs: before.failingSinceMs ?? tMs };
  if (state !== "gone") return failing;
  return { ...failing, enabled: false, offReason: `the receiver answered: ${answer}` };
}
