import ipaddr from "ipaddr.js";
import { hostNameOf } from "./peer.ts";

/** Names under which this Perch answers. Anything else is 421: a rebinding page cannot reach us. */
export interface HostRules {
  /** The host's own name; `<name>.local` is then allowed too. */
  hostName: string | null;
  publicUrl: URL | null;
}

/** True for IP literals, `localhost`, the host's own name (and `.local`) and the public URL's name. */
export function hostAllowed(host: string, rules: HostRules): boolean {
  const name = hostNameOf(host)?.replace(/\.$/, "") ?? null;
  if (name === null) return false;
  if (name === "localhost" || ipaddr.isValid(name)) return isDottedOrV6(name);
  if (rules.publicUrl && rules.publicUrl.hostname.toLowerCase() === name) return true;
  const own = rules.hostName?.toLowerCase();
  return own !== undefined && (name === own || name === `${own.split(".")[0]}.local`);
}

// ipaddr.js also reads "2130706433" and "0x7f.1" as addresses; browsers never send those as Host.
function isDottedOrV6(name: string): boolean {
  return name === "localhost" || name.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(name);
}

export interface OriginFacts {
  /** `Origin` header. */
  origin: string | null;
  /** `Sec-Fetch-Site` header. */
  fetchSite: string | null;
  /** `Host` header. */
  host: string;
  publicUrl: URL | null;
  /** The request carries our cookie, or is a form of ours: proof of origin is required, not just absence of doubt. */
  proofNeeded: boolean;
}

/**
 * Cross-site request forgery: may this write have been sent by a page of ours? With `proofNeeded` a request
 * with neither header is refused; without, only one that says it comes from elsewhere.
 */
export function originAllowed(facts: OriginFacts): boolean {
  const { origin, fetchSite } = facts;
  if (fetchSite !== null && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  if (origin !== null) return sameOrigin(origin, facts.host, facts.publicUrl);
  return fetchSite !== null || !facts.proofNeeded;
}

function sameOrigin(origin: string, host: string, publicUrl: URL | null): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") return false;
  if (publicUrl && url.origin === publicUrl.origin) return true;
  // The scheme is not compared: a proxy that ends TLS speaks plain http to us.
  const own = URL.canParse(`${url.protocol}//${host}`) ? new URL(`${url.protocol}//${host}`) : null;
  return own !== null && own.host === url.host;
}
