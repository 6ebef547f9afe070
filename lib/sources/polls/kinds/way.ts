import type { ConnectInit } from "../../../base/outgoing.ts";
import type { PollDeps } from "./kind.ts";

/** Longer than any poll may take: how long it may is said by its signal. */
const LONGER_MS = 150_000;

/** How a poll connects: where an admin allowed it, as long as its signal says. */
export const wayOf = ({ allowed }: PollDeps, signal: AbortSignal): ConnectInit => ({
  signal,
  allow: allowed ?? undefined,
  timeoutMs: LONGER_MS,
});
