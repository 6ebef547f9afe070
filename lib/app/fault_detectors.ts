import type { Supervisor } from "../base/supervisor.ts";
import type { FaultDetectors } from "../faults/detectors/fault_detectors.ts";
import type { Facts } from "../faults/detectors/facts.ts";
import type { FaultSource, Pausable } from "../faults/fault.ts";
import { QUANTITIES } from "../health/history/quantities.ts";
import type { HostParts } from "../health/history/view.ts";
import type { Intake } from "../intake/intake.ts";
import { MINUTE_MS } from "../words/times.ts";
import type { Foundation } from "./foundation.ts";
import type { ScriptParts } from "./scripts.ts";

export interface FaultDetectorNeeds {
  supervisor: Pick<Supervisor, "states">;
  scripts: ScriptParts;
  intake: Pick<Intake, "stats">;
  /** Null: nobody looks at the host. */
  host: Pick<HostParts, "recorder"> | null;
}

/** Fault detectors that people write, with what they are shown. Nothing of them is loaded before there is one. */
export function createAppFaultDetectors(
  foundation: Foundation,
  needs: FaultDetectorNeeds,
): { source: FaultSource; pausables: () => Pausable[]; facts: () => Facts } {
  const { clock } = foundation;
  const { scripts: { scripts } } = needs;
  const runnable = () => scripts.runnable("fault_detector");
  const facts = createFacts(foundation, needs);
  let detectors: FaultDetectors | null = null;

  async function open(): Promise<FaultDetectors> {
    const { createFaultDetectors } = await import("../faults/detectors/fault_detectors.ts");
    return createFaultDetectors({ clock, sandbox: scripts.sandbox, runnable, facts });
  }

  return {
    source: {
      name: "fault detectors",
      async look() {
        if (detectors === null && runnable().length === 0) return [];
        detectors ??= await open();
        return await detectors.look();
      },
    },
    pausables: () => detectors?.pausables() ?? [],
    facts,
  };
}

const RECENT_MS = 10 * MINUTE_MS;
const EVENTS_MOST = 1_000;

function createFacts(
  { clock, components, bus }: Pick<Foundation, "clock" | "components" | "bus">,
  { supervisor, intake, host }: FaultDetectorNeeds,
): () => Facts {
  const heard: { severity: "warning" | "critical"; atMs: number }[] = [];
  bus.subscribe("events", (news) => {
    const atMs = clock.monotonic();
    for (const { severity } of news) if (severity !== "info") heard.push({ severity, atMs });
    while (heard.length > EVENTS_MOST || heard[0]?.atMs < atMs - RECENT_MS) heard.shift();
  });
  const recent = (wanted: string) =>
    heard.filter(({ severity, atMs }) =>
      severity === wanted && atMs >= clock.monotonic() - RECENT_MS
    ).length;

  return () => {
    const { stored, duplicate, messages, rejected, queued, ratePerS } = intake.stats();
    const observed = host?.recorder.latest() ?? null;
    return {
      t_ms: clock.now(),
      components: components.all().map(({ name, health, detail }) => ({ name, health, detail })),
      tasks: supervisor.states().map(({ name, state, restarts }) => ({ name, state, restarts })),
      readings: { stored, duplicate, messages, rejected, queued, per_s: ratePerS },
      host: Object.fromEntries(
        QUANTITIES.map(({ name, decimals, value }) => {
          const measured = observed === null ? null : value(observed);
          return [name, measured === null ? null : Number(measured.toFixed(decimals))];
        }),
      ),
      events: { warning: recent("warning"), critical: recent("critical") },
    };
  };
}
