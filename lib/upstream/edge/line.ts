/** The one line by which a site knows its centre: `https://<site>:<key>@<host>[:<port>][/<path>]`. Pure. */
import { PerchError } from "../../base/errors.ts";

export interface Upstream {
  site: string;
  key: string;
  /** What messages are posted to. */
  url: string;
  /** The centre as people know it. */
  centre: string;
  host: string;
  port: number;
}

/** @throws PerchError `validation` that says what the line has to be */
export function upstreamOf(line: string): Upstream {
  const refuse = () =>
    new PerchError(
      "validation",
      "the line must be as the centre shows it: https://<site>:<key>@<address>",
    );
  let url: URL;
  try {
    url = new URL(line.trim());
  } catch {
    throw refuse();
  }
  const { protocol, username, password, hostname, port, pathname } = url;
  if (!/^https?:$/.test(protocol) || username === "" || password === "") throw refuse();
  const centre = `${protocol}//${url.host}${pathname.replace(/\/$/, "")}`;
  const site = decodeURIComponent(username);
  return {
    site,
    key: decodeURIComponent(password),
    url: `${centre}/api/sites/${encodeURIComponent(site)}/forward`,
    centre,
    host: hostname,
    port: port === "" ? protocol === "https:" ? 443 : 80 : Number(port),
  };
}
