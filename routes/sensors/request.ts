/** What the API and the pages about sensors share: what they take, and filters. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Annotations } from "../../lib/annotations/annotations.ts";
import type { Computed } from "../../lib/computed/computed.ts";
import type { ClockNotes } from "../../lib/intake/clock_notes.ts";
import type { Recent } from "../../lib/live/recent.ts";
import { kindField, reviewField } from "../../lib/live/shapes.ts";
import { SENSOR_STATUSES } from "../../lib/live/status_words.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import type { Trends } from "../../lib/live/timeline.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import { sensorSettingsSchema } from "../../lib/machines/sensor_settings.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import { ownUnit } from "../../lib/machines/unit_change.ts";
import { conversion } from "../../lib/machines/units.ts";
import { cursorField, findMachines, limitField } from "../http/params.ts";
import type { DeviceService } from "../../lib/sources/devices/service.ts";
import { type MachinePageParts, sensorTexts } from "../machines/request.ts";
import type { AnomalyServices } from "./anomalies_api.ts";

/** What is asked and changed about sensors. */
export interface SensorServices {
  sensors: SensorDirectory;
  machines: MachineDirectory;
  trends: Trends;
  clock: Clock;
  recent: Pick<Recent, "intervalMs">;
  statuses: Pick<Statuses, "sensor" | "sinceOf">;
  service: MachinesService;
  deviceService: Pick<DeviceService, "rangeOf">;
  audit: Pick<Audit, "statement">;
}

/** What the pages about sensors take. */
export interface SensorPageParts extends MachinePageParts {
  trends: Trends;
  anomalies: AnomalyServices;
  annotations: Annotations;
  clockNotes: Pick<ClockNotes, "list">;
  computed: Computed;
}

const unit = z.string().trim().min(1).max(24).nullable();
/** The fields of a sensor that may be set. */
export const patchable = {
  unit: unit.optional(),
  kind: kindField.optional(),
  ...sensorSettingsSchema.partial().shape,
};
/** What may be changed of a sensor; what is left out stays. */
export const sensorChangeShape = z.strictObject({
  name: z.string().min(1).max(2000).optional().describe("<area…>/<machine>/<sensor>; the id stays"),
  review: reviewField.optional(),
  ...patchable,
}).meta({ id: "SensorChange" });

export const sensorFilterShape = z.object({
  q: z.string().max(200).optional().describe("words of what it, its machine or a tag is called"),
  machine: z.string().max(2000).optional().describe("machine or area by path"),
  kind: kindField.optional(),
  status: z.enum(SENSOR_STATUSES).optional(),
  review: reviewField.optional(),
  limit: limitField(1000, 100),
  cursor: cursorField(2000),
});

export type SensorFilter = Omit<z.output<typeof sensorFilterShape>, "limit" | "cursor">;

/** Sensors by name, filtered. A machine that is not there has none. */
export async function filterSensors(
  services: Pick<SensorServices, "sensors" | "machines"> & { statuses: Pick<Statuses, "sensor"> },
  filter: SensorFilter,
): Promise<Sensor[]> {
  const machines = filter.machine === undefined ? null : machinesOf(services, filter.machine);
  const texts = (sensor: Sensor) => sensorTexts(services.machines, sensor);
  const named = await matchingInTurns(services.sensors.all(), filter.q, texts);
  return named.filter((sensor) =>
    (machines === null || machines.has(sensor.machine)) &&
    (filter.kind === undefined || sensor.kind === filter.kind) &&
    (filter.review === undefined || sensor.review === filter.review) &&
    (filter.status === undefined || services.statuses.sensor(sensor) === filter.status)
  );
}

function machinesOf({ sensors }: Pick<SensorServices, "sensors">, name: string): Set<string> {
  try {
    return findMachines(sensors, name);
  } catch {
    return new Set();
  }
}

/** Units that the sensor's device reported beside the sensor's own; undefined when there is none. */
export function otherUnitsOf(sensors: Pick<SensorDirectory, "find">, sensor: Sensor) {
  if (sensor.otherUnits.length === 0) return undefined;
  const own = ownUnit(sensor);
  return sensor.otherUnits.map(({ unit, sinceMs, choice, sensor: kept }) => ({
    unit,
    since_ms: sinceMs,
    since: sinceMs,
    choice: choice === "apart" ? "new_sensor" as const : choice,
    sensor: kept === null ? null : sensors.find(kept)?.name ?? null,
    convertible: own !== null && conversion(unit, own) !== null,
  }));
}
