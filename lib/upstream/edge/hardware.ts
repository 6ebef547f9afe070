import { nameId } from "../../base/ids.ts";

/** What a copied card does not bring along: the board's serial number and its network addresses, as one short id. */
export async function hardwareId(): Promise<string> {
  const text = async (path: string) => await Deno.readTextFile(path).catch(() => "");
  const serial = /^Serial\s*:\s*(\S+)/m.exec(await text("/proc/cpuinfo"))?.[1] ?? "";
  const macs = [...new Set(interfaces().map(({ mac }) => mac))].sort();
  return nameId([await text("/etc/machine-id"), serial, ...macs].join(" "), 16);
}

function interfaces(): { mac: string }[] {
  try {
    return Deno.networkInterfaces().filter(({ mac }) => mac !== "00:00:00:00:00:00");
  } catch {
    return [];
  }
}
