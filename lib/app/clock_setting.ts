import { createRestamper, type Restamper } from "../intake/restamp.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import type { BuildOptions, Foundation } from "./foundation.ts";

/** Of systemd's own client of time servers. */
const TIMESYNC = "/run/systemd/timesync";

/** Moves readings from before the host's clock was set, once it is. */
export function createClockSetting(
  { clock, log, storage, bus, events }: Foundation,
  { registry, clockSynchronised = systemdSays }: {
    registry: Pick<SensorDirectory, "byNum">;
  } & Pick<BuildOptions, "clockSynchronised">,
): { restamper: Restamper } {
  const restamper = createRestamper({
    clock,
    log: log.child("clock"),
    isSynchronised: clockSynchronised,
    mark: clock.unsynchronised,
    readings: storage.readings,
    sensor: (num) => registry.byNum(num),
    append: (event) => events.append(event),
  });
  bus.subscribe("readings", (group) => restamper.add(group));
  return { restamper };
}

/** Whether a time server has set the clock since the host started; null where something else than systemd does it. */
async function systemdSays(): Promise<boolean | null> {
  const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);
  if (await isThere(`${TIMESYNC}/synchronized`)) return true;
  return await isThere(TIMESYNC) ? false : null;
}
