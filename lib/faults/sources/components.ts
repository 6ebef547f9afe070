import type { Clock } from "../../base/clock.ts";
import type { ComponentState } from "../../live/components.ts";
import type { FaultSeverity } from "../../words/fault.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { FaultSource, Sighting } from "../fault.ts";

/** Parts that come up one after the other are not at fault while they do. */
export const STARTING_MS = 30_000;
/** Not working for so long is more than an interruption. */
const LASTING_MS = MINUTE_MS;

/** Parts that do not do their work, and programs that say so of themselves or fell silent. */
export function componentSource(
  { clock, states, critical, elsewhere }: {
    clock: Clock;
    states: () => readonly ComponentState[];
    /** Without these nothing is stored. */
    critical: ReadonlySet<string>;
    /** Parts whose faults another source sees. */
    elsewhere: ReadonlySet<string>;
  },
): FaultSource {
  const startedMs = clock.monotonic();
  const sinceMs = new Map<string, number>();

  function severityOf({ name, reported }: ComponentState): FaultSeverity {
    if (critical.has(name)) return "critical";
    if (reported !== undefined) return "medium";
    return clock.monotonic() - sinceMs.get(name)! > LASTING_MS ? "high" : "medium";
  }

  function look(state: ComponentState): Sighting | null {
    const { name, health, detail, reported } = state;
    if (health !== "error" || elsewhere.has(name)) {
      sinceMs.delete(name);
      return null;
    }
    if (!sinceMs.has(name)) sinceMs.set(name, clock.monotonic());
    if (!critical.has(name) && clock.monotonic() - startedMs < STARTING_MS) return null;
    return {
      cause: `component:${name}`,
      component: reported === undefined ? name : `program:${name}`,
      type: reported === undefined ? "failed_check" : "program_failed",
      severity: severityOf(state),
      message: reported === undefined
        ? `${name} does not work: ${detail}`
        : `The program ${name} does not work: ${detail}`,
    };
  }

  return { name: "components", look: () => states().flatMap((one) => look(one) ?? []) };
}
