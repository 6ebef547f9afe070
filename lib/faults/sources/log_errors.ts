import type { Clock } from "../../base/clock.ts";
import type { LogEntry } from "../../base/log.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { FaultSource, Sighting } from "../fault.ts";

/** An error of the log stands for so long after it was last written. */
const STANDS_MS = 10 * MINUTE_MS;
const CAUSES_MOST = 30;
/** So many within that time are no accident. */
const SEVERAL = 10;

/** Parts whose errors another source sees more closely. */
const SEEN_ELSEWHERE: ReadonlySet<string> = new Set([
  "backup",
  "codecs",
  "faults",
  "scripts",
  "storage",
  "tasks",
  "watchdog",
]);

export interface LogErrorSource extends FaultSource {
  hear(entry: LogEntry): void;
}

/** What Perch writes into its log as an error: something that it did not expect, one fault for each kind of it. */
export function logErrorSource({ clock }: { clock: Pick<Clock, "monotonic"> }): LogErrorSource {
  const standing = new Map<string, { sighting: Sighting; heardMs: number }>();
  return {
    name: "log",
    hear({ level, part, message, fields }) {
      const [component] = part === "" ? ["perch"] : part.split(".");
      if (level !== "error" || SEEN_ELSEWHERE.has(component)) return;
      // What an event of the log says is heard there.
      if (fields.event !== undefined) return;
      const cause = `log:${part}:${message.replace(/\d+/g, "n")}`;
      const times = (standing.get(cause)?.sighting.times ?? 0) + 1;
      standing.delete(cause);
      standing.set(cause, {
        heardMs: clock.monotonic(),
        sighting: {
          cause,
          component,
          type: "logged_error",
          severity: times >= SEVERAL ? "medium" : "low",
          message: `${message}${reasonOf(fields.error)}`,
          times,
        },
      });
      if (standing.size > CAUSES_MOST) standing.delete(standing.keys().next().value!);
    },
    look() {
      const nowMs = clock.monotonic();
      for (const [cause, { heardMs }] of standing) {
        if (nowMs - heardMs > STANDS_MS) standing.delete(cause);
      }
      return [...standing.values()].map(({ sighting }) => sighting);
    },
  };
}

/** `: x is undefined`, where the log entry has it. */
function reasonOf(error: unknown): string {
  const { message } = (typeof error === "object" && error !== null ? error : {}) as {
    message?: unknown;
  };
  return typeof message === "string" ? `: ${message}` : "";
}
