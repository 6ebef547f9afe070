import type { LoggedEvent } from "./event.ts";

/** Where an event belongs, as it was then. */
export interface EventPlace {
  /** Path of the machine; null: Perch itself, or nothing of a machine. */
  machine: string | null;
  /** What people called the machine. */
  name: string | null;
  /** Full name of the sensor. */
  sensor: string | null;
}

/** Reads it out of the body: of the alarm or the ticket that it is about, or of the body itself. */
export function placeOf({ body }: Pick<LoggedEvent, "body">): EventPlace {
  const own = recordOf(body);
  const about = recordOf(own.alarm ?? own.ticket ?? own);
  const sensor = textOf(about.sensor);
  const machine = textOf(about.machine) ??
    (sensor?.includes("/") ? sensor.slice(0, sensor.lastIndexOf("/")) : null);
  return { machine, name: textOf(about.machine_name), sensor };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
