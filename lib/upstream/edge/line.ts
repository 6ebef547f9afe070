/**
 * The one line by which a site knows its centre: `https://<site>:<key>@<host>[:<port>][/<path>]`, or through a broker
 * `mqtts://<site>:<key>@<broker>[:<port>][?user=…&password=…]`. Pure.
 */
import { PerchError } from "../../base/errors.ts";

interface Line {
  site: string;
  key: string;
  /** The centre as people know it; where it is reached through a broker, the broker. */
  centre: string;
  host: string;
  port: number;
}
export interface WebUpstream extends Line {
  via: "web";
  /** What messages are posted to. */
  url: string;
}
export interface BrokerUpstream extends Line {
  via: "broker";
  isSecure: boolean;
  /** For the broker, which never sees the key. */
  user: string | null;
  password: string | null;
}
export type Upstream = WebUpstream | BrokerUpstream;

export const LINES =
  "https://<site>:<key>@<address> or, through a broker, mqtts://<site>:<key>@<broker>";
const PORTS: Readonly<Record<string, number>> = {
  ...{ "https:": 443, "http:": 80, "mqtts:": 8883, "mqtt:": 1883 },
};

/** @throws PerchError `validation` that says what the line has to be */
export function upstreamOf(line: string): Upstream {
  const refuse = () =>
    new PerchError("validation", `the line must be as the centre shows it: ${LINES}`);
  let url: URL;
  try {
    url = new URL(line.trim());
  } catch {
    throw refuse();
  }
  const { protocol, username, password, hostname, port, pathname, searchParams } = url;
  if (!(protocol in PORTS) || username === "" || password === "" || hostname === "") {
    throw refuse();
  }
  const site = decodeURIComponent(username);
  const both = {
    ...{ site, key: decodeURIComponent(password) },
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? PORTS[protocol] : Number(port),
  };
  if (protocol.startsWith("mqtt")) {
    if (/[/+#]/.test(site)) throw refuse();
    return {
      ...both,
      via: "broker",
      centre: `${protocol}//${url.host}`,
      isSecure: protocol === "mqtts:",
      user: searchParams.get("user"),
      password: searchParams.get("password"),
    };
  }
  const centre = `${protocol}//${url.host}${pathname.replace(/\/$/, "")}`;
  return {
    ...both,
    via: "web",
    centre,
    url: `${centre}/api/sites/${encodeURIComponent(site)}/forward`,
  };
}
