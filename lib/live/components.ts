import type { z } from "zod";
import type { reportedShape } from "./reported_shape.ts";

/** How a part of Perch is doing. */
export const COMPONENT_HEALTH = ["ok", "degraded", "error", "off"] as const;
export type ComponentHealth = typeof COMPONENT_HEALTH[number];

export interface ComponentState {
  name: string;
  health: ComponentHealth;
  /** A sentence for people. */
  detail: string;
  /** Of another program: what it said. */
  reported?: z.output<typeof reportedShape>;
}

export const OVERALL = ["Healthy", "Degraded", "Partial", "Error"] as const;
export type Overall = typeof OVERALL[number];

/** The one list of parts and their states; pages, `/api/status`, health and metrics read it. */
export interface Components {
  /** `state` is asked when someone looks; it must be cheap and must not throw. */
  register(name: string, state: () => Omit<ComponentState, "name">): void;
  /** The same with parts that come and go. */
  registerAll(states: () => readonly ComponentState[]): void;
  /** Programs that report, which stand behind the parts of Perch itself. */
  alongside(others: () => readonly ComponentState[]): void;
  isBuiltIn(name: string): boolean;
  all(): ComponentState[];
  overall(): Overall;
}

/**
 * The whole is an Error when one of the `critical` parts (storage, intake) fails, Partial when anything else does,
 * also a program that reports an error or is offline; Degraded when something is degraded; else Healthy. What is off
 * counts for nothing.
 */
export function createComponents(critical: readonly string[]): Components {
  const parts = new Map<string, () => Omit<ComponentState, "name">>();
  const groups: (() => readonly ComponentState[])[] = [];
  let others: () => readonly ComponentState[] = () => [];
  const grouped = () => groups.flatMap((states) => states());
  const all = () => [
    ...[...parts].map(([name, state]) => ({ name, ...state() })),
    ...grouped(),
    ...others(),
  ];
  return {
    register: (name, state) => void parts.set(name, state),
    registerAll: (states) => void groups.push(states),
    alongside: (those) => void (others = those),
    isBuiltIn: (name) => parts.has(name) || grouped().some((one) => one.name === name),
    all,
    overall() {
      const states = all();
      const failed = states.filter((s) => s.health === "error");
      if (failed.some((s) => critical.includes(s.name))) return "Error";
      if (failed.length > 0) return "Partial";
      return states.some((s) => s.health === "degraded") ? "Degraded" : "Healthy";
    },
  };
}
