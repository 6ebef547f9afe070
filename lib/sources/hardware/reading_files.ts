/** Reading numbers and names out of the kernel's small files. */
import type { KernelFault, KernelTree } from "../../base/kernel_files.ts";
import { fault, type Found, type ReadFault } from "./driver.ts";

const WORDS: Readonly<Record<KernelFault, ReadFault>> = {
  absent: { kind: "gone", text: "it is not there any more: it was pulled out or its bus is off" },
  forbidden: {
    kind: "forbidden",
    text: "it cannot be opened: Perch may not read it, or its driver is being removed",
  },
  failed: { kind: "failed", text: "it does not answer (reading it fails)" },
  late: { kind: "failed", text: "it did not answer in time" },
  large: { kind: "refused", text: "its file is longer than any of a sensor" },
};

/** The text of a file without its end, or why there is none. */
export async function textAt(
  files: Pick<KernelTree, "look">,
  path: string,
): Promise<{ text: string } | { fault: ReadFault }> {
  const looked = await files.look(path);
  if ("fault" in looked) return { fault: WORDS[looked.fault] };
  return { text: looked.text.replace(/[\0\s]+$/, "") };
}

/** The number in a file, or why there is none. */
export async function numberAt(
  files: Pick<KernelTree, "look">,
  path: string,
): Promise<{ value: number } | { fault: ReadFault }> {
  const read = await textAt(files, path);
  return "fault" in read ? read : numberOf(read.text);
}

/** A number as the kernel writes it, exponents too. */
export function numberOf(text: string): { value: number } | { fault: ReadFault } {
  const trimmed = text.trim();
  if (trimmed === "") return fault("failed", "its file is empty");
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
  if (Number.isFinite(value)) return { value };
  return fault("refused", `"${trimmed.slice(0, 40)}" is no number`);
}

/** A name in a file; null: there is none, or it is empty. */
export async function nameAt(files: Pick<KernelTree, "read">, path: string) {
  const text = (await files.read(path))?.replace(/\0[^]*$/, "").trim() ?? "";
  // deno-lint-ignore no-control-regex
  return text === "" ? null : text.replace(/[\u0000-\u001f\u007f/]+/g, "-").slice(0, 60);
}

/** The device that an entry of `/sys` hangs on: the name of the folder above, `1-0076`; null: it is not said. */
export async function parentOf(
  files: Pick<KernelTree, "link">,
  folder: string,
  entry: string,
): Promise<string | null> {
  const device = await files.link(`${folder}/${entry}/device`);
  if (device !== null) return lastOf(device);
  const own = await files.link(`${folder}/${entry}`);
  if (own === null) return null;
  // An entry of a class lies in a folder of its class: …/1-0040/hwmon/hwmon2.
  const levels = own.split("/").slice(0, -1).filter((level) => level !== "..");
  while (/^(hwmon|thermal|iio|counter)$/.test(levels.at(-1) ?? "")) levels.pop();
  const parent = levels.at(-1);
  return parent === undefined || /^(devices|virtual|platform)$/.test(parent) ? null : parent;
}

/** What is on one I²C or SPI bus waits for each other: `i2c-1` of `1-0076`. */
export function busOf(parent: string | null, otherwise: string): string {
  const i2c = /^(\d+)-[0-9a-f]{4}$/.exec(parent ?? "");
  if (i2c) return `i2c-${i2c[1]}`;
  const spi = /^(spi\d+)\.\d+$/.exec(parent ?? "");
  return spi ? spi[1] : otherwise;
}

/** Channels whose ids are the same get a number, so that none hides another. */
export function distinct({ channels, notes }: Found): Found {
  const count = new Map<string, number>();
  const own = channels.map((channel) => {
    const n = (count.get(channel.id) ?? 0) + 1;
    count.set(channel.id, n);
    return n === 1 ? channel : { ...channel, id: `${channel.id}#${n}` };
  });
  return { channels: own, notes };
}

const lastOf = (path: string) => path.split("/").at(-1) || null;
