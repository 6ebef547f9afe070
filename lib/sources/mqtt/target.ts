import type { Link } from "../framing/link.ts";

/** Opens a link. Rejects with an error that says why, or with the signal's reason. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Link>;

export interface DialTarget {
  scheme: "mqtt" | "mqtts" | "ws" | "wss";
  host: string;
  port: number;
  /** Path and query of a WebSocket address. */
  path: string;
  /** PEM texts. */
  ca?: string;
  cert?: string;
  key?: string;
}

const PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

/** The parts of a broker's address that a dial needs. */
export function targetOf(address: string): DialTarget {
  const url = new URL(address);
  const scheme = url.protocol.slice(0, -1) as DialTarget["scheme"];
  return {
    scheme,
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ""),
    port: url.port === "" ? PORTS[scheme] : Number(url.port),
    path: url.pathname === "" ? "/" : url.pathname + url.search,
  };
}

/** `host:port` for people. */
export function shownAddress({ host, port }: DialTarget): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
