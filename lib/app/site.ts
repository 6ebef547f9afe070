import type { Config } from "../base/config.ts";
import { nameId } from "../base/ids.ts";
import type { Settings } from "../settings/settings.ts";
import { dateTime } from "../words/times.ts";

/** The host's time zone: the site's, where the settings name none. */
export function hostZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * Gives the site's time zone as it is set now. Nobody keeps what it gives: a change holds from the next look on, for
 * all of Perch at once.
 */
export const siteZone = (settings: Pick<Settings, "get">) => {
  // It costs a tenth of a millisecond to ask for, is the same until the end, and is asked for by every machine a second.
  let host: string | null = null;
  return (): string => settings.get("site.time_zone") || (host ??= hostZone());
};

/** A time in what `zone` gives, `2026-01-05 12:00:00`. */
export const timeIn = (zone: () => string) => (tMs: number): string => dateTime(tMs, zone());

/** The simulator's accounts: documented passwords on loopback, random ones when it is open to the network. */
export function demoMode(config: Config): "loopback" | "lan" | null {
  if (config.mode !== "sim") return null;
  return ["127.0.0.1", "::1", "localhost"].includes(config.http.host) ? "loopback" : "lan";
}

/**
 * Names this Perch at a broker. One session per data directory: two Perches must not take each other's. Nodes of one
 * site have one together: what the broker keeps for it goes to whichever has the lease.
 */
export function mqttClientId(
  { mqtt, dataDir, node, database }: Pick<Config, "mqtt" | "dataDir" | "node" | "database">,
): string {
  const what = node === null ? `${Deno.hostname()}:${dataDir}` : database.url;
  return mqtt.clientId ?? `perch-${nameId(what, 10)}`;
}
