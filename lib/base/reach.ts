import ipaddr from "ipaddr.js";

/**
 * Where an address leads.
 * - `public`: the internet
 * - `private`: a local network; an admin allows it in the settings
 * - `closed`: this host, link-local and metadata services, multicast and everything that is no host's address;
 *   only the environment opens it
 */
export type Reach = "public" | "private" | "closed";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

const PRIVATE = new Set(["private", "uniqueLocal", "carrierGradeNat"]);

/** Services of cloud hosts that hand out credentials, outside link-local. */
const METADATA = new Set([
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
]);

/** @throws Error when `text` is no IP address */
export function reachOf(text: string): Reach {
  const address = innermost(parse(text));
  if (METADATA.has(address.toString())) return "closed";
  const range = address.range();
  if (range === "unicast") return isGlobal(address) ? "public" : "closed";
  return PRIVATE.has(range) ? "private" : "closed";
}

/** Parses networks like `10.0.0.0/8` and single addresses. @throws Error for anything else */
export function parseNetworks(texts: readonly string[]): Network[] {
  return texts.map((text) => {
    const [address, bits, ...more] = text.split("/");
    const parsed = parse(address);
    const all = parsed.kind() === "ipv4" ? 32 : 128;
    const length = bits === undefined ? all : Number(bits);
    if (!/^\d+$/.test(`${length}`) || length > all || bits === "" || more.length > 0) {
      throw new Error(`${text} is not a network`);
    }
    return [parsed, length] as const;
  });
}

/** Says why a text is no network that an admin may allow, or null. */
export function networkFault(text: string): string | null {
  try {
    parseNetworks([text]);
  } catch {
    return `${text} is not a network: give an address or a CIDR like 192.168.1.0/24`;
  }
  if (reachOf(text.split("/")[0]) !== "closed") return null;
  return `${text} is this host itself or a reserved range: only the environment can allow it (OUTGOING_NETWORKS)`;
}

/** Whether an address lies in one of the networks. IPv4 inside IPv6 counts as IPv4. */
export function within(text: string, networks: readonly Network[]): boolean {
  const address = innermost(parse(text));
  return networks.some(([network, bits]) =>
    network.kind() === address.kind() && address.match(network as never, bits)
  );
}

/** An address with a port in one form, as people confirm it: `192.168.1.20:554`, `[fd00::20]:554`. */
export function endpointOf(text: string, port: number): string {
  const address = innermost(parse(text));
  return address.kind() === "ipv4" ? `${address}:${port}` : `[${address}]:${port}`;
}

function parse(text: string): Address {
  // Only the full dotted form: others are normalised by whoever read the address, or are none.
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) {
    throw new Error(`${text} is not an IP address`);
  }
  return ipaddr.parse(text);
}

/** The IPv4 address that an IPv6 one carries (mapped, compatible, NAT64, 6to4), for it leads there. */
function innermost(address: Address): Address {
  if (address.kind() === "ipv4") return address;
  const six = address as ipaddr.IPv6;
  const parts = six.parts;
  const range = six.range();
  if (range === "6to4") return four(parts[1], parts[2]);
  const compatible = range !== "loopback" && parts.slice(0, 6).every((part) => part === 0);
  const embeds = range === "ipv4Mapped" || range === "rfc6145" || range === "rfc6052";
  return embeds || compatible ? four(parts[6], parts[7]) : six;
}

/** IPv6 gives addresses to hosts out of 2000::/3 only. */
function isGlobal(address: Address): boolean {
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).parts[0] >> 13 === 1;
}

function four(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}
