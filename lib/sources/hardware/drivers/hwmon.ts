/** Hardware monitoring: chips that watch voltages, currents, fans and temperatures (SHT3x, INA219, TMP102 …). */
import type { KernelTree } from "../../../base/kernel_files.ts";
import {
  type Channel,
  fault,
  type Found,
  type HardwareDriver,
  type Host,
  type Reader,
} from "../driver.ts";
import { HWMON, measuredAs } from "../quantities.ts";
import { busOf, distinct, nameAt, numberAt, parentOf } from "../reading_files.ts";

const FOLDER = "/sys/class/hwmon";
const FILE = /^(temp|in|curr|power|energy|humidity|fan|freq)(\d+)_(input|average)$|^(pwm)(\d+)$/;

export const hwmonDriver: HardwareDriver = {
  name: "hwmon",
  title: "Hardware monitors (hwmon)",
  help:
    "No chip that watches voltages or temperatures has a driver of the kernel. For one on I²C " +
    "(SHT3x, INA219, TMP102) switch I²C on in raspi-config and name it in config.txt: " +
    "dtoverlay=i2c-sensor,sht3x.",
  folders: [FOLDER],
  find,
  open: (host, channel) => createReader(host, channel),
};

async function find({ files }: Host): Promise<Found> {
  const found: Found = { channels: [], notes: [] };
  for (const entry of await files.list(FOLDER) ?? []) {
    if (/^hwmon\d+$/.test(entry)) found.channels.push(...await channelsOf(files, entry));
  }
  return distinct(found);
}

async function channelsOf(files: KernelTree, entry: string): Promise<Channel[]> {
  // Older drivers keep the files in the folder of the device.
  const places = [`${FOLDER}/${entry}`, `${FOLDER}/${entry}/device`];
  const [own, device] = await Promise.all(places.map((place) => files.list(place)));
  const at = own?.some((name) => FILE.test(name)) ? places[0] : places[1];
  const names = (at === places[0] ? own : device) ?? [];
  if (!names.some((name) => FILE.test(name))) return [];
  const parent = await parentOf(files, FOLDER, entry);
  const chip = await nameAt(files, `${places[0]}/name`) ?? await nameAt(files, `${at}/name`);
  const shown = chip ?? "unnamed";
  const identity = parent === null ? shown : `${shown}@${parent}`;
  const channels: Channel[] = [];
  for (const name of names) {
    const found = FILE.exec(name);
    if (found === null) continue;
    const type = found[1] ?? found[4];
    const which = `${type}${found[2] ?? found[5]}`;
    // Where there is a value of now, its average is not wanted beside it.
    if (found[3] === "average" && names.includes(`${which}_input`)) continue;
    const { title, name: called, unit, decimals } = HWMON[type];
    const label = await nameAt(files, `${at}/${which}_label`);
    channels.push({
      id: `hwmon:${identity}:${which}`,
      driver: "hwmon",
      bus: busOf(parent, `hwmon ${identity}`),
      device: parent === null ? shown : `${shown} at ${parent}`,
      title: label === null ? `${title} ${found[2] ?? found[5]}` : `${title} ${label}`,
      name: label === null ? `${called}${found[2] ?? found[5]}` : slug(label),
      ...{ unit, decimals },
      at: `${at}/${name}`,
    });
  }
  return channels;
}

function createReader({ files }: Host, { at }: Channel): Reader {
  const cut = at.lastIndexOf("/");
  const [folder, name] = [at.slice(0, cut), at.slice(cut + 1)];
  const found = FILE.exec(name)!;
  const type = found[1] ?? found[4];
  const which = `${type}${found[2] ?? found[5]}`;
  const isSet = async (what: string, to: number) => {
    const read = await numberAt(files, `${folder}/${which}_${what}`);
    return "value" in read && read.value === to;
  };
  return {
    async read() {
      if (await isSet("fault", 1)) {
        return fault("refused", "the chip says that its sensor is broken or not connected");
      }
      if (type !== "pwm" && await isSet("enable", 0)) {
        return fault("refused", "it is switched off in the chip");
      }
      const read = await numberAt(files, at);
      return "fault" in read ? read : measuredAs(HWMON[type], read.value);
    },
  };
}

const slug = (label: string) => label.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_");
