import type { KernelFiles } from "../../base/kernel_files.ts";
import { lineOf, wholeNumber } from "./number.ts";

/** A sensor's name and the file that holds its value. */
export interface SensorFile {
  name: string;
  path: string;
}

/** Which sensors the host has. Numbers of `hwmon` change at every boot: what they are is in their names. */
export interface SensorFiles {
  temperatures: SensorFile[];
  fans: SensorFile[];
  /** Says whether a Pi's supply is too weak; null: there is no such detector. */
  underVoltage: string | null;
  /** The same and more, of a Pi's firmware (`power.ts`); null: there is none, or it must not be read. */
  throttled: string | null;
}

const ZONES = "/sys/class/thermal";
const MONITORS = "/sys/class/hwmon";
const FIRMWARE = "/sys/devices/platform/soc/soc:firmware";

/** Looks through `/sys/class/thermal` and `/sys/class/hwmon`. */
export async function findSensors(files: KernelFiles): Promise<SensorFiles> {
  const zones = await findZones(files);
  const found: SensorFiles = {
    temperatures: zones,
    fans: [],
    underVoltage: null,
    throttled: await findThrottled(files),
  };
  // The kernel gives most zones a monitor of the same name, with `_` for `-`.
  const known = new Set(zones.map(({ name }) => name.replaceAll("-", "_")));
  for (const monitor of await files.list(MONITORS) ?? []) {
    const folder = `${MONITORS}/${monitor}`;
    const name = lineOf(await files.read(`${folder}/name`));
    if (name === null) continue;
    if (name === "rpi_volt") found.underVoltage = `${folder}/in0_lcrit_alarm`;
    for (const entry of await files.list(folder) ?? []) {
      const [, kind, label] = /^(temp|fan)(\d+)_input$/.exec(entry) ?? [];
      if (kind === undefined || (kind === "temp" && known.has(name))) continue;
      const given = lineOf(await files.read(`${folder}/${kind}${label}_label`));
      const sensor = {
        name: given === null ? name : `${name} ${given}`,
        path: `${folder}/${entry}`,
      };
      (kind === "temp" ? found.temperatures : found.fans).push(sensor);
    }
  }
  return {
    ...found,
    temperatures: withOwnNames(found.temperatures),
    fans: withOwnNames(found.fans),
  };
}

async function findZones(files: KernelFiles): Promise<SensorFile[]> {
  const zones: SensorFile[] = [];
  for (const entry of await files.list(ZONES) ?? []) {
    if (!/^thermal_zone\d+$/.test(entry)) continue;
    const name = lineOf(await files.read(`${ZONES}/${entry}/type`));
    if (name !== null) zones.push({ name, path: `${ZONES}/${entry}/temp` });
  }
  return zones;
}

/** Whoever reads `get_throttled` makes the kernel warn, once: some hosts are told to halt at a warning. */
async function findThrottled(files: KernelFiles): Promise<string | null> {
  if (!(await files.list(FIRMWARE))?.includes("get_throttled")) return null;
  const halts = wholeNumber(await files.read("/proc/sys/kernel/panic_on_warn"));
  return halts === 0 ? `${FIRMWARE}/get_throttled` : null;
}

/** The second of a name becomes `name 2`. */
function withOwnNames(sensors: readonly SensorFile[]): SensorFile[] {
  const seen = new Map<string, number>();
  return sensors.map(({ name, path }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return { name: times === 1 ? name : `${name} ${times}`, path };
  });
}
