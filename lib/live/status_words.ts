/** The words for how sensors and machines are. */
export const SENSOR_STATUSES = ["normal", "warning", "critical", "offline"] as const;
export type SensorStatus = typeof SENSOR_STATUSES[number];

export const MACHINE_STATUSES = [...SENSOR_STATUSES, "maintenance"] as const;
export type MachineStatus = typeof MACHINE_STATUSES[number];

/** True for a machine that needs attention. */
export function needsAttention(status: MachineStatus): boolean {
  return status !== "normal" && status !== "maintenance";
}
