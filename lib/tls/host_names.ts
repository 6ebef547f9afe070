import ipaddr from "ipaddr.js";
import type { Names } from "./certificates.ts";
import { PRIVATE_RANGES } from "./making.ts";

export interface HostFacts {
  hostName: string;
  publicUrl: string | null;
  /** Addresses of its interfaces, and the announced one. */
  addresses: readonly string[];
}

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** The names and private addresses under which people open this Perch, sorted. */
export function namesOf({ hostName, publicUrl, addresses }: HostFacts): Names {
  const own = hostName.toLowerCase();
  const asked = publicUrl === null ? [] : [new URL(publicUrl).hostname.toLowerCase()];
  const dns = [own, `${own.split(".")[0]}.local`, "localhost", ...asked]
    .filter((name) => HOST_NAME.test(name) && !ipaddr.isValid(name));
  const ips = addresses.filter((address) => ipaddr.isValid(address) && isPrivate(address))
    .map((address) => ipaddr.parse(address).toString());
  return { dns: [...new Set(dns)], ips: [...new Set(["127.0.0.1", "::1", ...ips])].sort() };
}

/** Whether the authority may sign for it. Link-local IPv6 is written with an interface, which no address bar takes. */
function isPrivate(address: string): boolean {
  const ip = ipaddr.parse(address);
  const bytes = ip.toByteArray();
  return !address.includes("%") && ip.range() !== "linkLocal" &&
    PRIVATE_RANGES.some(([network, mask]) => {
      const [from, bits] = [network, mask].map((text) => ipaddr.parse(text).toByteArray());
      return from.length === bytes.length &&
        bytes.every((byte, at) => (byte & bits[at]) === from[at]);
    });
}

/** Whether two certificates would be for the same. */
export function sameNames(one: Names, other: Names): boolean {
  const key = ({ dns, ips }: Names) =>
    JSON.stringify([
      [...dns].sort(),
      ips.map((ip) => ipaddr.parse(ip).toNormalizedString()).sort(),
    ]);
  return key(one) === key(other);
}
