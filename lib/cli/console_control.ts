import type { Audited } from "../events/audit_change.ts";
import { type Actor, systemActor } from "../access/audit_row.ts";
import type { Parts } from "../app/parts.ts";
import { PerchError } from "../base/errors.ts";
import { type Condition, conditionLines } from "./condition.ts";
import type { ConsoleCalls, FaultView } from "./console/view.ts";

type Faults = Parts["faults"];
type OpenFault = ReturnType<Faults["open"]>[number];
type Paused = ReturnType<Faults["paused"]>[number];

/** What the console asks for. Whoever can open the socket owns the plant: only an approval asks who it is. */
export function createConsoleControl(
  { access, faults }: Pick<Parts, "access" | "faults">,
  condition: () => Condition,
): ConsoleCalls {
  const { audit } = access;

  /** A change by whoever is at the console: who was faster is named, as in a browser. */
  async function acting<T>(run: (audited: Audited, actor: Actor) => Promise<T>): Promise<T> {
    const seen = audit.changes.see();
    const actor = { ...systemActor("console"), seen };
    try {
      return await run((change) => audit.statement({ ...change, actor }), actor);
    } catch (error) {
      throw await audit.changes.explained(error, seen);
    }
  }

  return {
    openFaults() {
      const paused = new Map(faults.paused().map((one) => [one.component, one]));
      const views = faults.open().map((fault) => viewOf(fault, paused.get(fault.component)));
      // The order stays within each half: the worst first.
      return Promise.resolve([
        ...views.filter((one) => one.paused),
        ...views.filter((one) => !one.paused),
      ]);
    },
    consoleStatus: () =>
      Promise.resolve({
        lines: [...pausedLines(faults), openLine(faults), ...conditionLines(condition())],
      }),
    resumeComponent: ({ component }) =>
      acting(async (audited) => {
        await faults.resume(component, { name: "console", reason: "at the console", audited });
        const isPaused = faults.paused().some((one) => one.component === component);
        return {
          text: isPaused
            ? `${component} was paused again at once: what is wrong with it is still there.`
            : `${component} goes on.`,
        };
      }),
    proposeCorrection() {
      throw new PerchError("unavailable", "corrections are not proposed yet");
    },
    applyCorrection() {
      throw new PerchError("unavailable", "corrections are not proposed yet");
    },
  };
}

function viewOf(fault: OpenFault, pause: Paused | undefined): FaultView {
  const { id, component, type, severity, message, file, line, column, firstMs, lastMs } = fault;
  return {
    ...{ id, component, type, severity, message, file, line, column },
    first_ms: firstMs,
    last_ms: lastMs,
    paused: pause !== undefined,
    waiting: pause?.waiting ?? 0,
    proposal: null,
    instead: null,
  };
}

function pausedLines(faults: Faults): string[] {
  return faults.paused().map(({ component, sinceMs, waiting = 0 }) => {
    const since = new Date(sinceMs).toISOString().slice(11, 19);
    return `Paused: ${component} since ${since} UTC` +
      (waiting > 0 ? `, ${waiting} messages wait.` : ".");
  });
}

function openLine(faults: Faults): string {
  const counts = new Map<string, number>();
  for (const { severity } of faults.open()) {
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  const words = [...counts].map(([severity, n]) => `${n} ${severity}`).join(", ");
  return `Open faults: ${words || "none"}.`;
}
