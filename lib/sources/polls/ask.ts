import type { Clock } from "../../base/clock.ts";
import { pollErrorOf } from "./fault.ts";
import { type PolledValue, PollError, type PollSession } from "./kinds/kind.ts";
import type { Outcome } from "./track.ts";

/** An outcome with what was measured. */
export interface Asked extends Outcome {
  values: readonly PolledValue[];
  /** The session did not end in time: it is of no use any more. */
  hangs: boolean;
}

/** What aborts an asking has this long to take effect. */
const END_MS = 1_000;
const FAULTS_SHOWN = 3;

/** Asks once, within its time. Never throws. */
export async function askOnce(
  session: PollSession,
  timeoutMs: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Asked> {
  const stop = new AbortController();
  const begunMs = clock.monotonic();
  const late = new PollError("timeout", `No answer within ${timeoutMs / 1000} s`);
  const timer = setTimeout(() => stop.abort(late), timeoutMs);
  const asking = session.ask(AbortSignal.any([stop.signal, signal])).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  const took = () => Math.max(0, Math.round((clock.monotonic() - begunMs) * 10) / 10);
  try {
    const result = await Promise.race([asking, afterAbort(stop.signal, signal)]);
    const tMs = clock.now();
    if (result === null) return failed(late, tMs, true);
    if ("error" in result) {
      return failed(stop.signal.aborted ? late : pollErrorOf(result.error), tMs, false);
    }
    const { values, faults = [], detail, responseMs = took() } = result.answer;
    const more = faults.length > FAULTS_SHOWN ? ` and ${faults.length - FAULTS_SHOWN} more` : "";
    const wrong = faults.length === 0 ? "" : `; ${faults.slice(0, FAULTS_SHOWN).join("; ")}${more}`;
    return { tMs, responseMs, detail: detail + wrong, fault: null, values, hangs: false };
  } finally {
    clearTimeout(timer);
  }
}

function failed({ code, message, values }: PollError, tMs: number, hangs: boolean): Asked {
  return { tMs, responseMs: null, detail: message, fault: code, values, hangs };
}

/** Null, a while after one of them aborted. */
function afterAbort(...signals: AbortSignal[]): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      const onAbort = () => setTimeout(() => resolve(null), END_MS);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    }
  });
}
