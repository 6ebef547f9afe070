/** Industrial I/O: sensors and converters on I²C, SPI and pins. value = (raw + offset) × scale, in units of the kernel. */
import type { KernelTree } from "../../../base/kernel_files.ts";
import type { Channel, Found, HardwareDriver, Host, Measured, Reader } from "../driver.ts";
import { IIO, measuredAs, type Quantity } from "../quantities.ts";
import { busOf, distinct, nameAt, numberAt, parentOf } from "../reading_files.ts";

const FOLDER = "/sys/bus/iio/devices";
/** `in_voltage0-voltage1_raw`, `in_accel_x_raw`, `in_concentration_co2_input`. */
const FILE = /^in_([a-z]+)(\d*)(?:-([a-z]+)(\d*))?((?:_[a-z][a-z0-9]*)*)_(raw|input)$/;
/** Some (DHT11) answer nine of ten times, and want two seconds between two reads. */
const AGAIN_MS = 2_000;

interface Parts {
  type: string;
  index: string;
  /** The other input of a pair: `voltage1`. */
  other: string;
  /** `_x`, `_co2`. */
  modifier: string;
  form: "raw" | "input";
}

export const iioDriver: HardwareDriver = {
  name: "iio",
  title: "Sensors and converters (IIO)",
  help: "No sensor on I²C or SPI has a driver of the kernel (BME280, ADS1115, MCP3008 …). Switch " +
    "the bus on in raspi-config (Interface Options), and name the sensor in config.txt: " +
    "dtoverlay=i2c-sensor,bme280.",
  folders: [FOLDER],
  find,
  open: (host, channel) => createReader(host, channel),
};

async function find({ files }: Host): Promise<Found> {
  const found: Found = { channels: [], notes: [] };
  for (const entry of await files.list(FOLDER) ?? []) {
    if (/^iio:device\d+$/.test(entry)) found.channels.push(...await channelsOf(files, entry));
  }
  return distinct(found);
}

async function channelsOf(files: KernelTree, entry: string): Promise<Channel[]> {
  const at = `${FOLDER}/${entry}`;
  const names = await files.list(at);
  if (names === null) return [];
  const chip = await nameAt(files, `${at}/name`);
  const label = await nameAt(files, `${at}/label`) ?? await nameAt(files, `${at}/of_node/label`);
  const parent = await parentOf(files, FOLDER, entry);
  // One at a pin is called like its place: `dht11@4`.
  const place = label ?? (parent === chip ? null : parent);
  const shown = chip ?? "unnamed";
  const identity = place === null ? shown : `${shown}@${place}`;
  const has = new Set(names);
  return names.flatMap((name): Channel[] => {
    const parts = partsOf(name);
    const quantity = parts === null ? undefined : IIO[parts.type];
    if (parts === null || quantity === undefined) return [];
    // One that is given in its unit already needs no sum.
    if (parts.form === "raw" && has.has(name.replace(/raw$/, "input"))) return [];
    const which = name.replace(/^in_/, "").replace(/_(raw|input)$/, "");
    const scaled = parts.form === "input" || scaleNames(parts, "scale").some((one) => has.has(one));
    return [{
      id: `iio:${identity}:${which}`,
      driver: "iio",
      bus: busOf(parent, `iio ${identity}`),
      device: place === null ? shown : `${shown} at ${place}`,
      title: titleOf(quantity, parts),
      name: nameOf(quantity, parts),
      unit: scaled ? quantity.unit : null,
      decimals: quantity.decimals,
      at: `${at}/${name}`,
    }];
  });
}

function partsOf(name: string): Parts | null {
  const found = FILE.exec(name);
  if (found === null) return null;
  const [, type, index, otherType, otherIndex, modifier, form] = found;
  const other = otherType === undefined ? "" : `${otherType}${otherIndex}`;
  return { type, index, other, modifier, form: form as Parts["form"] };
}

/** Where the scale (or offset) of a channel can stand: its own first, then what it shares. */
function scaleNames({ type, index, other, modifier }: Parts, what: "scale" | "offset"): string[] {
  const own = other === "" ? `${type}${index}` : `${type}${index}-${other}`;
  const pairs = other === "" ? [] : [`${type}-${type}`];
  const stems = [own, ...pairs, `${type}${index}`, type];
  return [
    ...new Set([
      ...stems.map((stem) => `in_${stem}${modifier}_${what}`),
      ...stems.map((stem) => `in_${stem}_${what}`),
      `in_${what}`,
      what,
    ]),
  ];
}

function createReader({ files, clock }: Host, { at }: Channel): Reader {
  const cut = at.lastIndexOf("/");
  const [folder, name] = [at.slice(0, cut), at.slice(cut + 1)];
  const parts = partsOf(name)!;

  async function factor(what: "scale" | "offset") {
    for (const one of scaleNames(parts, what)) {
      const read = await numberAt(files, `${folder}/${one}`);
      if ("value" in read || read.fault.kind !== "gone") return read;
    }
    return null;
  }

  async function once(): Promise<Measured> {
    const read = await numberAt(files, at);
    if ("fault" in read) return read;
    if (parts.form === "input") return measuredAs(IIO[parts.type], read.value);
    const scale = await factor("scale");
    const offset = await factor("offset");
    for (const one of [scale, offset]) if (one !== null && "fault" in one) return one;
    const value = (read.value + (offset as { value: number } | null ?? { value: 0 }).value) *
      (scale as { value: number } | null ?? { value: 1 }).value;
    // What has no scale is a bare number, whatever it is a number of.
    const bare: Quantity = { ...IIO[parts.type], unit: null, times: 1, from: -Infinity };
    return measuredAs(scale === null ? { ...bare, to: Infinity } : IIO[parts.type], value);
  }

  return {
    async read() {
      const first = await once();
      if (!("fault" in first) || first.fault.kind !== "failed") return first;
      await clock.sleep(AGAIN_MS);
      return await once();
    },
  };
}

function titleOf({ title }: Quantity, { type, index, other, modifier }: Parts): string {
  const which = other === "" ? index : `${index} − ${other.replace(type, "")}`;
  const suffix = modifier.replaceAll("_", " ").trim().toUpperCase();
  return [title, suffix, which].filter((part) => part !== "").join(" ");
}

function nameOf({ name }: Quantity, { type, index, other, modifier }: Parts): string {
  return `${name}${modifier}${index}${other === "" ? "" : `-${other.replace(type, "")}`}`;
}
