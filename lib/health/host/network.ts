import { wholeNumber, words } from "./number.ts";

/** Bytes since the interface came up. */
export interface InterfaceCounters {
  name: string;
  receivedBytes: number;
  sentBytes: number;
}

/** The host's own loop, and what containers, virtual machines and tunnels of the kernel make by the dozen. */
const OF_NO_INTEREST =
  /^(lo|(veth|docker|br-|virbr|vnet|cni|cali|flannel|ifb|dummy|sit|ip6tnl|tunl|gre|gretap|erspan|teql|ip_vti|ip6_vti).*)$/;
const COLUMNS = 16;
const SENT_COLUMN = 8;

/** Reads `/proc/net/dev`. Lines that are not as documented are left out. */
export function parseNetDev(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const line of text.split("\n")) {
    const [, name, rest] = /^\s*([^\s:/]+):\s*(.*)$/.exec(line) ?? [];
    if (rest === undefined || OF_NO_INTEREST.test(name)) continue;
    const columns = words(rest);
    if (columns.length < COLUMNS) continue;
    const receivedBytes = wholeNumber(columns[0]), sentBytes = wholeNumber(columns[SENT_COLUMN]);
    if (receivedBytes !== null && sentBytes !== null) {
      found.push({ name, receivedBytes, sentBytes });
    }
  }
  return found;
}

/** Signal of each wireless interface in dBm, out of `/proc/net/wireless`. Drivers that count otherwise are left out. */
export function parseWireless(text: string): Map<string, number> {
  const signals = new Map<string, number>();
  for (const [, name, level] of text.matchAll(/^\s*(\S+):\s+\w+\s+-?\d+\.?\s+(-\d{1,3})\.?\s/gm)) {
    if (Number(level) > -128) signals.set(name, Number(level));
  }
  return signals;
}

/** `operstate` (kernel's sysfs-class-net): `unknown` is what drivers say that do not know. */
export function isUp(operstate: string | null): boolean | null {
  switch (operstate?.trim()) {
    case "up":
      return true;
    case "down":
    case "lowerlayerdown":
    case "notpresent":
    case "dormant":
      return false;
    default:
      return null;
  }
}

/** Mbit/s; -1 and 0 say that there is no link. */
export function speedOf(text: string | null): number | null {
  const speed = wholeNumber(text);
  return speed !== null && speed > 0 ? speed : null;
}
