import type { Config } from "../base/config.ts";
import { nameId } from "../base/ids.ts";

/** The site's time zone: the host's. */
export function siteZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A time in the site's zone, `2026-01-05 12:00:00`. */
export function siteTime(tMs: number): string {
  return new Date(tMs).toLocaleString("sv-SE", { timeZone: siteZone() });
}

/** The simulator's accounts: documented passwords on loopback, random ones when it is open to the network. */
export function demoMode(config: Config): "loopback" | "lan" | null {
  if (config.mode !== "sim") return null;
  return ["127.0.0.1", "::1", "localhost"].includes(config.http.host) ? "loopback" : "lan";
}

/** Names this Perch at a broker. One session per data directory: two Perches must not take each other's. */
export function mqttClientId({ mqtt, dataDir }: Pick<Config, "mqtt" | "dataDir">): string {
  return mqtt.clientId ?? `perch-${nameId(`${Deno.hostname()}:${dataDir}`, 10)}`;
}
