/**
 * Thermometers on 1-Wire: DS18B20 and its family. A read makes the sensor convert, takes up to a second and holds the
 * bus. https://docs.kernel.org/w1/slaves/w1_therm.html
 */
import type { KernelTree } from "../../../base/kernel_files.ts";
import {
  type Before,
  type Channel,
  fault,
  type Found,
  type HardwareDriver,
  type Host,
  type Measured,
  type Reader,
  type ReadFault,
} from "../driver.ts";
import { numberOf, parentOf, textAt } from "../reading_files.ts";

const FOLDER = "/sys/bus/w1/devices";
const FAMILIES: Readonly<Record<string, string>> = {
  "10": "DS18S20",
  "22": "DS1822",
  "28": "DS18B20",
  "3b": "DS1825",
  "42": "DS28EA00",
};
const SENSOR = /^([0-9a-f]{2})-([0-9a-f]{12})$/;
/** What stands in the memory of a sensor that has not converted yet: 85 °C, and 0c in the reserved byte. */
const POWER_ON = 85;
const RESERVED = 6;
const NEAR_K = 5;
const LOWEST = -55;
const HIGHEST = 125;
/** Older kernels give what was converted at the read before: after so long that is no news. */
const STALE_MS = 60_000;
const WIRING = "check the wires, and the resistor of 4.7 kΩ between data and 3.3 V";

export const w1Driver: HardwareDriver = {
  name: "w1",
  title: "1-Wire",
  help: "No 1-Wire bus is on. Switch it on in raspi-config (Interface Options, 1-Wire) or with " +
    "dtoverlay=w1-gpio in config.txt, then restart the host.",
  folders: [FOLDER],
  find,
  open: (host, channel) => createReader(host, channel),
};

async function find({ files }: Host): Promise<Found> {
  const names = await files.list(FOLDER);
  if (names === null) return { channels: [], notes: [] };
  const notes: string[] = [];
  const channels: Channel[] = [];
  for (const name of names) {
    const [, family, serial] = SENSOR.exec(name) ?? [];
    const model = FAMILIES[family];
    if (model === undefined || /^0+$/.test(serial)) continue;
    channels.push({
      id: `w1:${name}`,
      driver: "w1",
      bus: await parentOf(files, FOLDER, name) ?? "w1",
      device: `${model} ${name}`,
      title: "Temperature",
      name: `temperature_${serial.slice(-6)}`,
      unit: "°C",
      decimals: 2,
      at: `${FOLDER}/${name}`,
    });
  }
  if (names.some((name) => name.startsWith("00-"))) {
    notes.push(`1-Wire: ids of zeros appear, as the data line floats or is shorted: ${WIRING}.`);
  }
  const isOn = names.some((name) => name.startsWith("w1_bus_master"));
  if (isOn && channels.length === 0) {
    notes.push(`1-Wire: the bus is on and no thermometer answers: ${WIRING}.`);
  }
  return { channels, notes };
}

/** What was read: thousandths of a degree, and the sensor's memory where it was shown. */
interface Raw {
  milli: number;
  memory: readonly number[] | null;
}
type Read = Raw | { fault: ReadFault };

function createReader({ files, clock }: Host, { at }: Channel): Reader {
  let askedMs = -Infinity;

  async function once(): Promise<Read> {
    const read = await readTemperature(files, at);
    if (read !== null) return read;
    const isStale = clock.monotonic() - askedMs > STALE_MS;
    if (isStale) await readMemory(files, at);
    return await readMemory(files, at);
  }

  return {
    async read(before) {
      let read = await once();
      if ("fault" in read && read.fault.kind !== "gone" && read.fault.kind !== "forbidden") {
        read = await once();
      }
      askedMs = clock.monotonic();
      if ("fault" in read) return read;
      // Whether it has converted at all, its memory says.
      if (read.milli === POWER_ON * 1000 && read.memory === null) {
        const again = await readMemory(files, at);
        if (!("fault" in again)) read = again;
      }
      return judged(read, before);
    },
  };
}

/** Kernels since 5.10; null: this one has no such file. */
async function readTemperature(files: KernelTree, at: string): Promise<Read | null> {
  const read = await textAt(files, `${at}/temperature`);
  if ("fault" in read) return read.fault.kind === "gone" ? null : read;
  const number = numberOf(read.text);
  return "fault" in number ? number : { milli: number.value, memory: null };
}

/** Two lines: nine bytes and the verdict on their sum, the same bytes and the temperature. */
async function readMemory(files: KernelTree, at: string): Promise<Read> {
  const read = await textAt(files, `${at}/w1_slave`);
  if ("fault" in read) return read;
  if (read.text === "") return fault("failed", `it answers nothing: ${WIRING}`);
  const [first, second = ""] = read.text.split("\n");
  const memory = /^(?:[0-9a-f]{2} ){9}/i.exec(first)?.[0].trim().split(" ")
    .map((byte) => parseInt(byte, 16));
  const milli = /\bt=(-?\d+)\s*$/.exec(second)?.[1];
  if (memory === undefined || !/crc=[0-9a-f]{2} (YES|NO)\s*$/i.test(first)) {
    return fault("failed", "what the kernel says of it has not the form of a thermometer");
  }
  // The kernel has summed the bytes up itself.
  if (!/YES\s*$/.test(first)) {
    return fault("failed", `its checksum is wrong (CRC): ${WIRING}`);
  }
  if (memory.every((byte) => byte === 0)) {
    return fault("failed", `it answers zeros only, the data line is shorted: ${WIRING}`);
  }
  if (milli === undefined) return fault("failed", "the kernel gives no temperature for it");
  return { milli: Number(milli), memory };
}

function judged({ milli, memory }: Raw, before: Before): Measured {
  const value = milli / 1000;
  if (value === POWER_ON) {
    const isFresh = memory !== null && memory[0] === 0x50 && memory[1] === 0x05 &&
      memory[RESERVED] === 0x0c;
    const isNear = before !== null && Math.abs(before.value - value) <= NEAR_K;
    if (isFresh || !isNear) {
      return fault(
        "refused",
        "85 °C is what it says before it has measured: it lost its power for a moment, or has too " +
          `little of it; ${WIRING}`,
      );
    }
  }
  if (value >= LOWEST && value <= HIGHEST) return { value };
  return fault(
    "refused",
    `${value} °C cannot be: it measures ${LOWEST} to ${HIGHEST} °C. It says so when its answer is ` +
      `lost on the way; ${WIRING}`,
  );
}
