/** What the API and the pages about machines share: what they take, and filters. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Cameras } from "../../lib/cameras/cameras.ts";
import type { Commands } from "../../lib/commands/commands.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { ClockOffsets } from "../../lib/live/clock_offsets.ts";
import { reviewField } from "../../lib/live/shapes.ts";
import {
  MACHINE_STATUSES,
  type MachineStatus,
  needsAttention,
} from "../../lib/live/status_words.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import { isUnder, type Machine, type Photo } from "../../lib/machines/machine.ts";
import { ALT_CHARS_MOST, type Photos } from "../../lib/machines/photos.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { Shown } from "../../lib/machines/shown_unit.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import { matchingInTurns } from "../../lib/search/in_turns.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { DeviceService } from "../../lib/sources/devices/service.ts";
import { sensorTitle, withinSentence } from "../../lib/words/names.ts";
import { machineTitle } from "../frame/links.ts";
import type { StandingParts } from "../annotations/standing.tsx";
import type { BrokerAddress, PageParts } from "../frame/page_parts.ts";
import { cursorField, limitField } from "../http/params.ts";

/** What is asked and changed about machines. */
export interface MachineServices {
  machines: MachineDirectory;
  sensors: SensorDirectory;
  statuses: Pick<Statuses, "condition" | "machine" | "sensor">;
  clockOffsets: Pick<ClockOffsets, "behindMs">;
  service: MachinesService;
  photos: Photos;
  audit: Pick<Audit, "statement">;
}

/** What the pages about machines take. */
export interface MachinePageParts extends PageParts, MachineServices {
  alarms: StandingParts["alarms"];
  tickets: StandingParts["tickets"];
  statuses: Statuses;
  recent: Recent;
  predictions: Pick<Predictions, "current">;
  readings: Pick<ReadingsStore, "buckets">;
  mqtt: BrokerAddress;
  cameras: Pick<Cameras, "all">;
  /** In which unit a sensor is shown. */
  shown: (sensor: Sensor) => Shown;
  deviceService: DeviceService;
  commands: Commands;
}

export const altText = z.string().trim().max(ALT_CHARS_MOST);

export const machineFilterShape = z.object({
  q: z.string().max(200).optional().describe("words of the path, the name or a tag"),
  under: z.string().max(2000).optional().describe("part of the plant: area, or area/line"),
  tag: z.string().max(40).optional(),
  status: z.enum([...MACHINE_STATUSES, "attention"]).optional()
    .describe("its condition; attention: warning, critical or offline"),
  review: reviewField.optional(),
  deleted: z.enum(["true", "false"]).optional().describe("true: deleted ones, to be restored"),
  limit: limitField(1000, 100),
  cursor: cursorField(2000),
});
export type MachineFilter = Omit<z.output<typeof machineFilterShape>, "limit" | "cursor">;

/** Machines by path, filtered. */
export async function filterMachines(
  { machines, statuses }: Pick<MachineServices, "machines" | "statuses">,
  filter: MachineFilter,
): Promise<Machine[]> {
  const all = filter.deleted === "true" ? machines.deleted() : machines.all();
  const named = await matchingInTurns(all, filter.q, machineTexts);
  return named.filter((machine) =>
    (filter.under === undefined || isUnder(machine.path, filter.under)) &&
    (filter.tag === undefined || machine.tags.includes(filter.tag)) &&
    (filter.review === undefined || machine.review === filter.review) &&
    (filter.status === undefined ||
      hasStatus(statuses.condition(machine.path).status, filter.status))
  ).sort((a, b) => a.path < b.path ? -1 : 1);
}

/** What a machine is found by, first what it is called. */
export function machineTexts(machine: Machine): string[] {
  return [machineTitle(machine), machine.path, ...machine.tags];
}

/** What a sensor is found by, first what it is called. */
export function sensorTexts(machines: Pick<MachineDirectory, "find">, sensor: Sensor): string[] {
  const machine = machines.find(sensor.machine);
  const called = sensorTitle(sensor);
  return [
    machine === undefined ? called : `${machineTitle(machine)} ${withinSentence(called)}`,
    sensor.name,
    ...(machine?.tags ?? []),
  ];
}

function hasStatus(status: MachineStatus, wanted: MachineStatus | "attention"): boolean {
  return wanted === "attention" ? needsAttention(status) : status === wanted;
}

/** The machine of a path or id. @throws `not_found` */
export function findMachine(machines: MachineDirectory, pathOrId: string): Machine {
  const machine = machines.find(pathOrId);
  if (machine && machine.deletedMs === null) return machine;
  const why = machine ? " any more; it was deleted and can be restored" : "";
  throw new PerchError("not_found", `there is no machine "${pathOrId.slice(0, 200)}"${why}`);
}

/** Where a machine's picture is. */
export function photoUrl({ file }: Photo): string {
  return `/photos/${file}`;
}
