/** Thermal zones: temperatures by which the kernel itself slows down. */
import type { Found, HardwareDriver, Host } from "../driver.ts";
import { measuredAs, ZONE } from "../quantities.ts";
import { distinct, nameAt, numberAt } from "../reading_files.ts";

const FOLDER = "/sys/class/thermal";

export const thermalDriver: HardwareDriver = {
  name: "thermal",
  title: "Thermal zones",
  help: "This host has no thermal zone.",
  folders: [FOLDER],
  find,
  open: ({ files }, { at }) => ({
    async read() {
      const read = await numberAt(files, at);
      return "fault" in read ? read : measuredAs(ZONE, read.value);
    },
  }),
};

async function find({ files }: Host): Promise<Found> {
  const found: Found = { channels: [], notes: [] };
  for (const entry of await files.list(FOLDER) ?? []) {
    if (!/^thermal_zone\d+$/.test(entry)) continue;
    const type = await nameAt(files, `${FOLDER}/${entry}/type`) ?? "unnamed";
    found.channels.push({
      id: `thermal:${type}`,
      driver: "thermal",
      bus: `thermal ${entry}`,
      device: type,
      title: ZONE.title,
      name: `temperature_${type.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_")}`,
      unit: ZONE.unit,
      decimals: ZONE.decimals,
      at: `${FOLDER}/${entry}/temp`,
    });
  }
  return distinct(found);
}
