import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { ConnectionGuard } from "../live/connection_guard.ts";
import type { Sockets } from "../live/sockets.ts";
import type { ComponentState } from "../live/components.ts";
import type { Certificates } from "../tls/certificates.ts";
import { createPlainDoor, type PlainDoorOptions } from "./plain_door.ts";
import { type Fetch, type HttpServer, serveHttp } from "./server.ts";
import { peerRules } from "../../routes/http/peer.ts";

/** The pages, over plain HTTP and, where it is on, over HTTPS. */
export interface Pages extends Pick<HttpServer, "url" | "port" | "paused" | "stop"> {
  /** Null: HTTPS is off. */
  secure: { url: string; port: number } | null;
  /** Watches the certificate; runs under the supervisor. */
  tasks: Task[];
}

/** What HTTPS is served with, made or read; null: it is off. @throws PerchError `validation` for files of no use */
export async function openCertificates(
  { tls, dataDir, http, announcedAddress }: Config,
  { now, log }: { now(): number; log: Log },
): Promise<Certificates | null> {
  if (tls === null) return null;
  if (tls.files !== null) {
    const { openGiven } = await import("../tls/given.ts");
    return await openGiven({ certFile: tls.files.cert, keyFile: tls.files.key, now });
  }
  const { openOwn } = await import("../tls/own.ts");
  const { namesOf } = await import("../tls/host_names.ts");
  const hostName = Deno.hostname();
  const names = () =>
    namesOf({
      hostName,
      publicUrl: http.publicUrl,
      addresses: [
        ...Deno.networkInterfaces().map(({ address }) => address),
        ...announcedAddress === null ? [] : [announcedAddress],
      ],
    });
  return await openOwn({ folder: join(dataDir, "tls"), hostName, names, now, log });
}

/** Listens. @throws PerchError `unavailable` when an address is taken or not allowed */
export function servePages(
  { config, certificates, fetch, routes, guard, sockets, clock, log }: {
    config: Config;
    certificates: Certificates | null;
    fetch: Fetch;
    routes: PlainDoorOptions["routes"];
    guard?: Pick<ConnectionGuard, "begin" | "upgraded" | "relieve">;
    sockets: Sockets;
    clock: Pick<Clock, "sleep">;
    log: Log;
  },
): Pages {
  const { http, tls, node } = config;
  const common = { host: http.host, guard, log, shared: node !== null };
  if (certificates === null || tls === null) {
    return { ...serveHttp({ ...common, port: http.port, fetch }), secure: null, tasks: [] };
  }
  const secure = serveHttp({
    ...common,
    port: tls.port,
    fetch,
    variable: "PERCH_TLS_PORT",
    tls: certificates.current,
  });
  const publicUrl = http.publicUrl === null ? null : new URL(http.publicUrl);
  const door = createPlainDoor({
    answer: fetch,
    routes,
    base: http.base,
    peers: peerRules(http.trustedProxies, publicUrl),
    hosts: { hostName: Deno.hostname(), publicUrl },
    securePort: () => secure.port,
    ingest: tls.plainIngest,
  });
  let plain: HttpServer;
  try {
    plain = serveHttp({ ...common, port: http.port, fetch: door });
  } catch (error) {
    secure.stop(0);
    throw error;
  }
  return {
    url: plain.url,
    port: plain.port,
    secure: { url: secure.url, port: secure.port },
    paused: () => secure.paused() ?? plain.paused(),
    async stop(graceMs) {
      await Promise.all([secure.stop(graceMs), plain.stop(graceMs)]);
    },
    tasks: [{
      name: "certificates",
      async run(signal) {
        for (;;) {
          await clock.sleep(certificates.lookEveryMs, signal);
          if (!await certificates.look()) continue;
          await secure.renew(sockets);
          log.info("HTTPS shows a new certificate", { until: dayOf(certificates.validToMs()) });
        }
      },
    }],
  };
}

/** How HTTPS is, for the list of parts. */
export function httpsState(certificates: Certificates): Omit<ComponentState, "name"> {
  const { dns, ips } = certificates.names();
  const trouble = certificates.trouble();
  const until = dayOf(certificates.validToMs());
  return trouble === null
    ? {
      health: "ok",
      detail: `The certificate for ${[...dns, ...ips].join(", ")} holds until ${until}.`,
    }
    : { health: "degraded", detail: trouble };
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
