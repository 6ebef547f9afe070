/** Why an order is not given at the moment. Pure. */
import type { Sensor } from "../machines/sensor.ts";
import { type Condition, conditionText, holds, shownText } from "./condition.ts";

export interface Circumstances {
  enabled: boolean;
  /** Title of the maintenance window that its machine is in. */
  maintenance: string | null;
  machineThere: boolean;
  /** Its device says that it cannot be reached. */
  unavailable: boolean;
  onlyWhile: Condition | null;
  /** The sensor of that condition. */
  other: Sensor | undefined;
  /** It has been silent for too long: nobody knows what it would show. */
  otherSilent: boolean;
}

/** A sentence without a final stop; null: nothing is in the way. */
export function whyNot(now: Circumstances): string | null {
  if (!now.enabled) return "it is switched off";
  if (!now.machineThere) return "its machine was deleted";
  if (now.maintenance !== null) return `its machine is in maintenance: ${now.maintenance}`;
  if (now.unavailable) {
    return "its device cannot be reached, and would carry it out whenever it comes back";
  }
  if (now.onlyWhile === null) return null;
  const allowed = `only while ${conditionText(now.onlyWhile, now.other)}`;
  const { other } = now;
  if (other === undefined || other.deletedMs !== null || other.last === null) {
    return `${allowed}, which nobody knows`;
  }
  if (now.otherSilent) return `${allowed}, which nobody knows: that sensor is offline`;
  if (holds(now.onlyWhile, other, other.last.value, false)) return null;
  return `${allowed}; it is ${shownText(other, other.last.value)}`;
}
