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

/** `dismissed`: a person does not want to see it, as long as it is the same and gets no worse. */
export const FAULT_STATES = ["open", "over", "dismissed"] as const;
export type FaultState = typeof FAULT_STATES[number];
