/** What people do about faults: dismiss, pause, resume, restart; each with its event and its row of the audit log. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { Audited } from "../events/audit_change.ts";
import type { EventDraft } from "../events/event.ts";
import { faultOf, PAUSED_TYPE } from "./decide.ts";
import type { Pausable, Pause } from "./fault.ts";
import { faultEvent, pauseEvent } from "./fault_events.ts";
import type { FaultMemory } from "./memory.ts";
import type { Pausing } from "./pausing.ts";

/** Who does it, why, and the audit row. */
export interface ByPerson {
  name: string;
  reason: string;
  audited: Audited;
}

/** A part that is paused now. */
export interface PausedComponent extends Pause {
  component: string;
  /** The fault that holds it, or that stands for the person who paused it. */
  fault: FaultRow | null;
}

/** Parts that people can start anew. */
export interface Restarts {
  names(): readonly string[];
  restart(component: string): void;
}

export interface People {
  /**
   * A person does not want to see it: it does not open again as long as it is seen and gets no worse. What it paused
   * stays paused. @throws `not_found`, `conflict`
   */
  dismiss(id: number, by: ByPerson): Promise<FaultRow>;
  /** What is paused, by faults and by people. */
  paused(): PausedComponent[];
  /** What can be paused, by name. */
  pausable(): string[];
  /** @throws `not_found` for what cannot be paused, `busy` */
  pause(component: string, by: ByPerson): Promise<PausedComponent>;
  /** @throws `not_found`, `conflict` when it is not paused */
  resume(component: string, by: ByPerson): Promise<void>;
  /** What can be restarted, by name. */
  restartable(): string[];
  /** @throws `not_found`, `conflict` while it is paused */
  restart(component: string, by: ByPerson): Promise<void>;
}

export function createPeople(
  { db, clock, events, memory, pausing, restarts, oneAtATime, publish }: {
    db: Pick<Database, "write">;
    clock: Pick<Clock, "now">;
    events: { statement(draft: EventDraft): SqlStatement };
    memory: FaultMemory;
    pausing: Pausing;
    restarts: Restarts;
    /** Neither a look nor another person comes between. */
    oneAtATime: <T>(run: () => Promise<T>) => Promise<T>;
    publish: (changed: readonly FaultRow[]) => void;
  },
): People {
  function needed(component: string): Pausable {
    const one = pausing.find(component);
    if (one === null) throw noSuch(component, "paused", pausing.names());
    return one;
  }

  function pausedNow(one: Pausable): PausedComponent | null {
    const pause = one.paused();
    if (pause === null) return null;
    const { component } = one;
    const fault = memory.all().find((each) => each.paused && each.component === component) ?? null;
    return { ...pause, component, fault };
  }

  /** The event and the audit row of what was done to a component. */
  function recorded(
    kind: "paused" | "resumed" | "restarted",
    component: string,
    { name, reason, audited }: ByPerson,
    fault: number | null,
  ): SqlStatement[] {
    const action = { paused: "pause", resumed: "resume", restarted: "restart" }[kind];
    const why = { tMs: clock.now(), by: name, reason, fault };
    return [
      events.statement(pauseEvent(kind, component, why)),
      audited({
        action: `component.${action}`,
        resource: `component:${component}`,
        after: { reason },
      }),
    ];
  }

  async function dismiss(id: number, { name, reason, audited }: ByPerson): Promise<FaultRow> {
    const before = await memory.find(id);
    if (before === null) throw new PerchError("not_found", `there is no fault ${id}`);
    if (before.state !== "open") throw new PerchError("conflict", `the fault is ${before.state}`);
    if (before.type === PAUSED_TYPE) {
      throw new PerchError("conflict", `${before.component} is paused: resume it instead`);
    }
    const fault: FaultRow = { ...before, state: "dismissed" };
    await db.write([
      memory.put(fault),
      events.statement(faultEvent("dismissed", fault, { tMs: clock.now(), by: name, reason })),
      audited({ action: "fault.dismiss", resource: `fault:${id}`, after: { reason } }),
    ]);
    memory.replace(fault);
    publish([fault]);
    return fault;
  }

  async function pause(component: string, by: ByPerson): Promise<PausedComponent> {
    const one = needed(component);
    const already = pausedNow(one);
    if (already !== null) return already;
    const message = `${component} is paused by ${by.name}: ${by.reason}`;
    const about = { cause: `paused:${component}`, component, type: PAUSED_TYPE, message };
    const id = memory.takeId();
    const fault = {
      ...faultOf({ ...about, severity: "medium" }, id, clock.now()),
      paused: true,
    };
    // Written first: what a person pauses stays paused, whatever happens.
    await db.write([memory.put(fault), ...recorded("paused", component, by, id)]);
    memory.replace(fault);
    publish([fault]);
    if (!await pausing.pause(one, fault)) {
      throw new PerchError("busy", `${component} could not be paused yet`, { retryAfterS: 5 });
    }
    return pausedNow(one)!;
  }

  async function resume(component: string, by: ByPerson): Promise<void> {
    const one = needed(component);
    if (one.paused() === null) throw new PerchError("conflict", `${component} is not paused`);
    await pausing.resume(one, by.name);
    const nowMs = clock.now();
    const held = memory.all().filter((each) => each.paused && each.component === component);
    const freed = held.map((fault): FaultRow =>
      fault.type === PAUSED_TYPE
        ? { ...fault, paused: false, state: "over", endedMs: nowMs, lastMs: nowMs }
        : { ...fault, paused: false }
    );
    freed.forEach(memory.replace);
    const rows = freed.map(memory.put);
    await memory.write([...rows, ...recorded("resumed", component, by, held[0]?.id ?? null)]);
    publish(freed);
  }

  async function restart(component: string, by: ByPerson): Promise<void> {
    if (!restarts.names().includes(component)) {
      throw noSuch(component, "restarted", restarts.names());
    }
    if (pausing.isPaused(component)) {
      throw new PerchError("conflict", `${component} is paused: resume it instead`);
    }
    await db.write(recorded("restarted", component, by, null));
    restarts.restart(component);
  }

  return {
    dismiss: (id, by) => oneAtATime(() => dismiss(id, by)),
    paused: () => pausing.all().flatMap((one) => pausedNow(one) ?? []),
    pausable: pausing.names,
    pause: (component, by) => oneAtATime(() => pause(component, by)),
    resume: (component, by) => oneAtATime(() => resume(component, by)),
    restartable: () => [...restarts.names()],
    restart: (component, by) => oneAtATime(() => restart(component, by)),
  };
}

function noSuch(component: string, what: string, names: readonly string[]): PerchError {
  return new PerchError(
    "not_found",
    `"${component.slice(0, 80)}" cannot be ${what}; what can: ${names.join(", ") || "nothing"}`,
  );
}
