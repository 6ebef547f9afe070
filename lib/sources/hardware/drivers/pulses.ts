/** Pulses at a pin of the header (S0 meters, flow meters, rain gauges), by `gpiomon`. */
import {
  type Channel,
  type CounterState,
  fault,
  type Found,
  type HardwareDriver,
  type Host,
  type InputSettings,
  type Reader,
} from "../driver.ts";
import {
  askGpiomon,
  type GpiomonVersion,
  judgeGpiomon,
  type Watching,
  watchPin,
} from "../gpiomon.ts";
import { nameAt } from "../reading_files.ts";

const CLASS = "/sys/class/gpio";
const BUS = "/sys/bus/gpio/devices";
/** The chip of the header by what its node in the device tree is compatible with; numbers change between kernels. */
const HEADERS: readonly { label: string; compatible: string }[] = [
  { label: "pinctrl-rp1", compatible: "raspberrypi,rp1-gpio" },
  { label: "pinctrl-bcm2711", compatible: "brcm,bcm2711-gpio" },
  { label: "pinctrl-bcm2835", compatible: "brcm,bcm2835-gpio" },
];
/** GPIO 0 to 27 are on the header; a line of its chip has the same number. */
const PINS = 28;
/** One that ended is started again after so long. */
const AGAIN_MS = 10_000;

export const pulsesDriver: HardwareDriver = {
  name: "gpio",
  title: "Pulses at GPIO pins",
  help: "This host has no header with GPIO pins that Perch knows (Raspberry Pi).",
  folders: [BUS],
  find,
  open: createReader,
};

async function find({ files }: Host): Promise<Found> {
  const header = await findHeader(files);
  if (header === null) return { channels: [], notes: [] };
  const { label, chip } = header;
  const channels = Array.from({ length: PINS }, (_, line): Channel => ({
    id: `gpio:${label}:${line}`,
    driver: "gpio",
    bus: "gpio",
    device: label,
    title: `Pulses at GPIO ${line}`,
    name: `pulses_gpio${line}`,
    ...{ unit: null, decimals: 0, counts: true, quiet: true },
    at: `${chip} ${line}`,
  }));
  return { channels, notes: [] };
}

/** `gpiochip0` of the header. */
async function findHeader(files: Host["files"]): Promise<{ label: string; chip: string } | null> {
  for (const entry of await files.list(CLASS) ?? []) {
    if (!/^gpiochip\d+$/.test(entry)) continue;
    const label = await nameAt(files, `${CLASS}/${entry}/label`);
    if (!HEADERS.some((header) => header.label === label)) continue;
    // The number in this folder is that of its first line; the chip itself stands below its device.
    const names = await files.list(`${CLASS}/${entry}/device`) ?? [];
    const chip = names.find((name) => /^gpiochip\d+$/.test(name));
    if (chip !== undefined) return { label: label!, chip };
  }
  for (const entry of await files.list(BUS) ?? []) {
    const compatible = await files.read(`${BUS}/${entry}/of_node/compatible`) ?? "";
    const header = HEADERS.find((one) => compatible.split("\0").includes(one.compatible));
    if (header !== undefined) return { label: header.label, chip: entry };
  }
  return null;
}

function createReader(
  { clock, path }: Host,
  { at }: Channel,
  settings: InputSettings,
  state: CounterState | null,
): Reader {
  const [chip, line] = at.split(" ");
  let total = state?.total ?? 0;
  let lost = 0;
  let watching: Watching | null = null;
  /** Of the one that runs: what is in the total already. */
  let seen = { pulses: 0, lost: 0 };
  let startedMs = -Infinity;
  let problem: string | null = null;
  let isClosed = false;
  let version: GpiomonVersion | null = null;

  async function start(): Promise<void> {
    startedMs = clock.monotonic();
    const judged = version ?? judgeGpiomon(await askGpiomon(path));
    if (typeof judged === "object") {
      problem = judged.problem;
      return;
    }
    version = judged;
    if (isClosed) return;
    seen = { pulses: 0, lost: 0 };
    try {
      watching = watchPin({ version, chip, line: Number(line), settings, clock, path });
      problem = null;
    } catch {
      problem = "gpiomon cannot be started";
    }
  }

  function collect(): void {
    if (watching === null) return;
    const { pulses, lost: gaps } = watching.tally;
    total += pulses - seen.pulses;
    lost += gaps - seen.lost;
    seen = { pulses, lost: gaps };
  }

  return {
    async read() {
      collect();
      if (isClosed) return { value: total / settings.pulses_per_unit, state: { total } };
      const ended = watching?.ended() ?? null;
      if (ended !== null) {
        problem = ended;
        watching = null;
      }
      if (watching === null && clock.monotonic() - startedMs >= AGAIN_MS) await start();
      if (watching === null) {
        const text = problem ?? "gpiomon is being started again";
        return fault(/permission/i.test(text) ? "forbidden" : "failed", text);
      }
      const note = lost === 0
        ? undefined
        : `${lost} edges were lost since the start: pulses come faster than they can be read`;
      return { value: total / settings.pulses_per_unit, state: { total }, note };
    },
    async close() {
      isClosed = true;
      await watching?.end();
      collect();
      watching = null;
    },
  };
}
