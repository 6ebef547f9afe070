/** How bad a fault of Perch itself is, the worst first, and what is done about it. */
export const FAULT_SEVERITIES = ["critical", "high", "medium", "low"] as const;
export type FaultSeverity = typeof FAULT_SEVERITIES[number];

/** `pause`: its component is paused and people are asked; `watch`: it is logged and counted; `log`: it is logged. */
export const FAULT_ACTIONS: Readonly<Record<FaultSeverity, "pause" | "watch" | "log">> = {
  critical: "pause",
  high: "pause",
  medium: "watch",
  low: "log",
};

/** Something wrong that a look has seen. */
export interface Sighting {
  /** The same each time it is about the same thing: one open fault per cause. */
  cause: string;
  /** The part of Perch: `codec:pump`, `task:backup`, `storage`. */
  component: string;
  /** `syntax_error`, `task_hung`, `failed_check` … */
  type: string;
  severity: FaultSeverity;
  /** One sentence for people. */
  message: string;
  /** Below the data directory. */
  file?: string;
  /** From 1. */
  line?: number;
  column?: number;
  /** How often it has happened since it was first seen, as its source counts it; default: once. */
  times?: number;
}

/** `dismissed`: a person does not want to see it, as long as it is the same and gets no worse. */
export const FAULT_STATES = ["open", "over", "dismissed"] as const;
export type FaultState = typeof FAULT_STATES[number];

/** What waits until a part goes on, for the end of a sentence; null: nothing does. */
export function waitingWords(component: string, waiting: number | undefined): string | null {
  if (waiting === undefined || waiting === 0) return null;
  const what = component.startsWith("detector:") ? "reading" : "message";
  return waiting === 1 ? `1 ${what} waits` : `${waiting} ${what}s wait`;
}

/** Something that is paused, as `/api/status` lists it. */
export interface PausedPart {
  component: string;
  /** A sentence: why, and what waits. */
  text: string;
}

/** What is paused, in a sentence for every page; null: nothing. */
export function pausedWords(paused: readonly PausedPart[]): string | null {
  if (paused.length === 0) return null;
  if (paused.length === 1) return paused[0].text;
  return `${paused.length} parts are paused: ${paused.map((one) => one.component).join(", ")}.`;
}
