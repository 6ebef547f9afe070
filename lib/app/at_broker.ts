import type { Config } from "../base/config.ts";
import type { BrokerOptions } from "../sources/mqtt/reconnecting.ts";

/** Who Perch is at the broker of its configuration, and how it speaks there: what every connection to it has. */
export function atBroker(
  { user, password, caFile, certFile, keyFile, version }: Config["mqtt"],
): Omit<BrokerOptions, "url" | "connectTimeoutMs"> {
  return {
    user: user ?? undefined,
    password: password ?? undefined,
    caFile: caFile ?? undefined,
    certFile: certFile ?? undefined,
    keyFile: keyFile ?? undefined,
    version,
  };
}
