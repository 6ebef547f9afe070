/** How bad something is. */
export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = typeof SEVERITIES[number];

/** Worse is higher. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
