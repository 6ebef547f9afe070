/** Sees what heals by itself, from the outside, and does what is safe and nobody else does. */
import type { Clock } from "../base/clock.ts";
import type { TaskState } from "../base/supervisor.ts";
import type { LoggedEvent } from "../events/event.ts";
import type { ComponentState } from "../live/components.ts";
import { HOUR_MS, MINUTE_MS, span } from "../words/times.ts";
import type { HealingName, SelfHealing } from "./healing.ts";

/** A task that ran for so long since it was started again has healed. */
const WELL_MS = MINUTE_MS;
const REVIVE_AFTER_MS = HOUR_MS / 2;

/** Parts that come back by themselves, and what brought them back. */
const COME_BACK: Readonly<Record<string, HealingName>> = {
  mqtt: "reconnect",
  storage: "store_again",
  outbox: "send_again",
};

export interface HealingWatch {
  /** One look, with each look for faults. */
  look(): void;
  hear(news: readonly LoggedEvent[]): void;
}

export function createHealingWatch(
  { clock, healing, tasks, components, restart }: {
    clock: Pick<Clock, "monotonic">;
    healing: SelfHealing;
    tasks: () => readonly TaskState[];
    components: () => readonly ComponentState[];
    restart: (task: string) => void;
  },
): HealingWatch {
  /** How often each was restarted, when that was seen, and whether it is to be judged. */
  const seen = new Map<string, { restarts: number; atMs: number; isOpen: boolean }>();
  const givenUpMs = new Map<string, number>();
  const wasWell = new Set<string>();
  const illSinceMs = new Map<string, number>();

  function lookAtTask({ name, state, restarts, lastError }: TaskState): void {
    const nowMs = clock.monotonic();
    const component = `task:${name}`;
    const before = seen.get(name) ?? { restarts: 0, atMs: nowMs, isOpen: false };
    if (restarts > before.restarts) {
      const failed = restarts - before.restarts - (before.isOpen ? 0 : 1);
      for (let i = 0; i < Math.min(failed, 20); i++) {
        const text = `The task ${name} was started again and failed again (${lastError})`;
        healing.record("restart_task", component, "failed", text);
      }
      seen.set(name, { restarts, atMs: nowMs, isOpen: true });
    } else if (before.isOpen && state === "running" && nowMs - before.atMs >= WELL_MS) {
      healing.record(
        "restart_task",
        component,
        "worked",
        `The task ${name} was started again and is well (it had failed: ${lastError})`,
      );
      seen.set(name, { ...before, isOpen: false });
    }
    if (state !== "hung") return void givenUpMs.delete(name);
    const sinceMs = givenUpMs.get(name) ?? nowMs;
    givenUpMs.set(name, sinceMs);
    if (nowMs - sinceMs < REVIVE_AFTER_MS || !healing.mayRun("revive_task", component)) return;
    givenUpMs.delete(name);
    healing.record("revive_task", component, "worked", `The task ${name} is tried again`);
    restart(name);
  }

  function lookAtPart({ name, health }: ComponentState): void {
    const action = COME_BACK[name];
    if (action === undefined) return;
    const sinceMs = illSinceMs.get(name);
    if (health !== "ok") {
      if (sinceMs === undefined && wasWell.has(name)) illSinceMs.set(name, clock.monotonic());
      return;
    }
    wasWell.add(name);
    if (sinceMs === undefined) return;
    illSinceMs.delete(name);
    const forMs = Math.round((clock.monotonic() - sinceMs) / 1_000) * 1_000;
    healing.record(action, name, "worked", `${name} works again after ${span(forMs)}`);
  }

  return {
    look() {
      tasks().forEach(lookAtTask);
      components().forEach(lookAtPart);
    },
    hear(news) {
      for (const { type, text, subject, severity, body } of news) {
        if (type === "emergency.step" && (body as { freed?: string })?.freed !== undefined) {
          healing.record("free_space", "host", "worked", text);
        }
        if (type === "unit.restarted" && severity === "info") {
          healing.record("restart_unit", subject, "worked", text);
        }
      }
    },
  };
}
