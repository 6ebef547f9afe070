import type { Intake, Outcome, RawMessage } from "../../lib/intake/intake.ts";

/** An intake for tests of sources: it records what is offered, and the test decides what becomes of it. */
export interface RecordingIntake extends Pick<Intake, "offer" | "commitSoon" | "onRoom"> {
  /** Everything that was taken, in order. */
  readonly taken: RawMessage[];
  /** Messages that are not decided on yet, in order. */
  readonly open: RawMessage[];
  /** Calls of `commitSoon`. */
  commitsAsked: number;
  /** Offers that were refused. */
  refused: number;
  /** Decides on the oldest `n` open messages (all by default). */
  settle(n?: number, outcome?: Outcome): void;
  /** What happens with each message as it is taken: nothing, or this outcome at once. */
  atOnce: Outcome | null;
  /** Refuses everything while true; false tells the listeners that there is room. */
  setFull(full: boolean): void;
  /** Resolves when `n` messages were taken; rejects after `timeoutMs` (10 s). */
  until(n: number, timeoutMs?: number): Promise<void>;
}

export function recordingIntake(atOnce: Outcome | null = "stored"): RecordingIntake {
  const listeners = new Set<() => void>();
  const open: RawMessage[] = [];
  const taken: RawMessage[] = [];
  let full = false;
  return {
    taken,
    open,
    commitsAsked: 0,
    refused: 0,
    atOnce,
    offer(message) {
      if (full) {
        this.refused++;
        return false;
      }
      taken.push(message);
      if (this.atOnce === null) open.push(message);
      else message.done(this.atOnce);
      return true;
    },
    commitSoon() {
      this.commitsAsked++;
    },
    onRoom(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settle(n = open.length, outcome = "stored") {
      for (const message of open.splice(0, n)) message.done(outcome);
    },
    setFull(now) {
      full = now;
      if (!full) { for (const listener of [...listeners]) listener(); }
    },
    until: (n, timeoutMs = 10_000) =>
      eventually(() => taken.length >= n, () => `${taken.length} of ${n} messages came`, timeoutMs),
  };
}

/** Resolves when `holds` says true; rejects with what `otherwise` says after `timeoutMs`. */
export async function eventually(
  holds: () => boolean,
  otherwise: () => string,
  timeoutMs = 10_000,
): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The payload of a message as text. */
export function textOf(message: RawMessage): string {
  return new TextDecoder().decode(message.payload);
}
