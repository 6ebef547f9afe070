import type { VNode } from "preact";
import { StatusNow, type StatusNowProps } from "../../islands/status_word.tsx";
import type { Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { Island } from "../frame/island.tsx";
import type { MachinePageParts } from "./request.ts";

type Parts = Pick<MachinePageParts, "statuses" | "clock" | "zone">;

/** A sensor's status, live; `since`: and since when. */
export function SensorStatusNow(
  { parts, sensor, since = false }: { parts: Parts; sensor: Sensor; since?: boolean },
): VNode {
  const props: StatusNowProps = {
    kind: "sensor",
    name: sensor.name,
    status: parts.statuses.sensor(sensor),
    sinceMs: parts.statuses.sinceOf(sensor),
    since,
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
  return <Island name="StatusNow" component={StatusNow} props={props} />;
}

/** A machine's status, live; `since`: and since when. */
export function MachineStatusNow(
  { parts, machine, since = false }: { parts: Parts; machine: Machine; since?: boolean },
): VNode {
  const { status, sinceMs } = parts.statuses.machine(machine.path);
  const props: StatusNowProps = {
    kind: "machine",
    name: machine.path,
    status,
    sinceMs,
    since,
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
  return <Island name="StatusNow" component={StatusNow} props={props} />;
}
