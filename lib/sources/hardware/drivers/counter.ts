/** Pulses that the kernel counts itself (counter subsystem, such as `interrupt-counter`): its count survives Perch. */
import type { Found, HardwareDriver, Host, InputSettings } from "../driver.ts";
import { type Channel, type CounterState, fault, type Reader } from "../driver.ts";
import { busOf, distinct, nameAt, numberAt, parentOf } from "../reading_files.ts";

const FOLDER = "/sys/bus/counter/devices";
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

export const counterDriver: HardwareDriver = {
  name: "counter",
  title: "Counters of the kernel",
  help: "The kernel counts no pulses by itself. For experts: an overlay for interrupt-counter, " +
    "which Raspberry Pi OS does not bring; else count at a GPIO pin.",
  folders: [FOLDER],
  find,
  open: createReader,
};

async function find({ files }: Host): Promise<Found> {
  const found: Found = { channels: [], notes: [] };
  for (const entry of await files.list(FOLDER) ?? []) {
    const at = `${FOLDER}/${entry}`;
    const parent = await parentOf(files, FOLDER, entry);
    const chip = await nameAt(files, `${at}/name`) ?? "counter";
    const identity = parent === null ? chip : `${chip}@${parent}`;
    for (const count of await files.list(at) ?? []) {
      if (!/^count\d+$/.test(count)) continue;
      const label = await nameAt(files, `${at}/${count}/name`);
      found.channels.push({
        id: `counter:${identity}:${count}`,
        driver: "counter",
        bus: busOf(parent, `counter ${identity}`),
        device: parent === null ? chip : `${chip} at ${parent}`,
        title: `Pulses ${label ?? count.slice("count".length)}`,
        name: `pulses${count.slice("count".length)}`,
        ...{ unit: null, decimals: 0, counts: true },
        at: `${at}/${count}/count`,
      });
    }
  }
  return distinct(found);
}

function createReader(
  { files }: Host,
  { at }: Channel,
  { pulses_per_unit }: InputSettings,
  state: CounterState | null,
): Reader {
  let now = state;
  return {
    async read() {
      const enabled = await numberAt(files, at.replace(/count$/, "enable"));
      if ("value" in enabled && enabled.value === 0) {
        return fault("refused", "the counter is switched off in the kernel");
      }
      const read = await numberAt(files, at);
      if ("fault" in read) return read;
      const boot = (await files.read(BOOT_ID))?.trim();
      if (boot === undefined || boot === "") {
        return fault("failed", "which run of the kernel this is cannot be read");
      }
      now = counted(now, read.value, boot);
      return { value: now.total / pulses_per_unit, state: now };
    },
  };
}

/** The total with what was counted since. After a restart of the host, and where it went back, it counts from 0. */
export function counted(
  before: CounterState | null,
  count: number,
  boot: string,
): CounterState {
  if (before === null) return { total: 0, count, boot };
  const hasRestarted = before.boot !== boot || before.count === undefined || count < before.count;
  return { total: before.total + (hasRestarted ? count : count - before.count!), count, boot };
}
