/** The address of a camera as people type it. */
import { PerchError } from "../../base/errors.ts";

export type CameraScheme = "rtsp" | "rtsps" | "http" | "https";

export interface CameraAddress {
  scheme: CameraScheme;
  /** Without user name, password and fragment. Its path and query may hold a password all the same. */
  url: string;
  host: string;
  port: number;
  /** Empty: nobody signs in. */
  user: string;
  password: string;
}

const PORTS: Readonly<Record<CameraScheme, number>> = {
  rtsp: 554,
  rtsps: 322,
  http: 80,
  https: 443,
};
/** The port that the URL standard leaves out of an http address. */
const LEFT_OUT = 80;
const LONGEST = 2000;
const EXAMPLES: Readonly<Record<CameraScheme, string>> = {
  rtsp: "rtsp://192.168.1.20:554/stream1",
  rtsps: "rtsps://192.168.1.20/stream1",
  http: "http://192.168.1.20/video.mjpg",
  https: "https://192.168.1.20/video.mjpg",
};

/** Reads an address with one of these schemes. @throws PerchError `validation` naming `options.url` */
export function readAddress(text: string, schemes: readonly CameraScheme[]): CameraAddress {
  const given = text.trim();
  const fault = faultOf(given, schemes);
  const read = fault === null ? parse(given) : null;
  if (read !== null) return read;
  const message = fault ?? `is none: give one like ${EXAMPLES[schemes[0]]}`;
  throw new PerchError("validation", `options.url: the address ${message}`, {
    errors: [{ path: "options.url", message: `the address ${message}` }],
  });
}

function faultOf(text: string, schemes: readonly CameraScheme[]): string | null {
  const allowed = schemes.map((scheme) => `${scheme}://`).join(" or ");
  const like = `give one like ${EXAMPLES[schemes[0]]}`;
  if (text === "") return `is missing: ${like}`;
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined || scheme.length === 1 || /^[^/]*\.[^/]*$/.test(scheme)) {
    return /^[./~\\]|^[a-z]:\\/i.test(text)
      ? `is a path of a file or device, which has a kind of its own: ${like}`
      : `has to begin with ${allowed}: ${like}`;
  }
  if (!schemes.includes(scheme as CameraScheme)) {
    return `begins with ${scheme.slice(0, 20)}:, and has to begin with ${allowed}: ${like}`;
  }
  return /^[a-z]+:\/\/[^/\\]/i.test(text) ? null : `names no host: ${like}`;
}

/** By the rules for http, so that every way to write an address means what it means to the guard; null: none. */
function parse(text: string): CameraAddress | null {
  const [, scheme, rest] = /^([a-z]+):(.*)$/is.exec(text)!;
  if (!URL.canParse(`http:${rest}`)) return null;
  const url = new URL(`http:${rest}`);
  const word = scheme.toLowerCase() as CameraScheme;
  const authority = rest.slice(2).split(/[/\\?#]/)[0];
  const port = url.port !== ""
    ? Number(url.port)
    : /:0*80\s*$/.test(authority)
    ? LEFT_OUT
    : PORTS[word];
  const user = plain(url.username);
  const password = plain(url.password);
  if (port === 0 || user === null || password === null) return null;
  url.username = url.password = url.hash = "";
  const host = url.hostname;
  const path = url.href.slice(`http://${url.host}`.length);
  const shownPort = port === PORTS[word] ? "" : `:${port}`;
  return {
    scheme: word,
    url: `${word}://${host}${shownPort}${path}`,
    host: host.replace(/^\[|\]$/g, ""),
    port,
    user,
    password,
  };
}

function plain(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Stands in an address where its password stood. */
const PLACE = "{password}";
/** Many cameras take the password in the path or query: `/user=admin&password=…&channel=1`. */
const IN_ADDRESS =
  /(?<=[?&/;](?:(?:login)?pass?|passwd|password|pwd|psw)=)[^&/?#;]+|(?<=_password=)[^&/?#;_]+/i;

/** The address that is connected to: the password is put where it stood. */
export function withPassword(url: string, password: string): string {
  return url.replaceAll(PLACE, encodeURIComponent(password));
}

/**
 * Options as they are kept: user name and password that stand in the address become options of their own, where
 * the password is a secret. What is no such address stays as it is.
 */
export function splitSignIn(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return splitQuery(splitAuthority(options));
}

function splitAuthority(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { url } = options;
  if (typeof url !== "string" || !/^\s*(rtsps?|https?):\/\/[^/\\?#]*@/i.test(url)) {
    return { ...options };
  }
  const read = parse(url.trim());
  if (read === null || read.user === "" && read.password === "") return { ...options };
  return { ...options, url: read.url, user: read.user, password: read.password };
}

/** Only where the option is free: an address has one password that is kept. */
function splitQuery(options: Record<string, unknown>): Record<string, unknown> {
  const { url, password = "" } = options;
  const found = typeof url === "string" ? IN_ADDRESS.exec(url)?.[0] : undefined;
  if (found === undefined || found === PLACE) return options;
  const text = plain(found);
  if (text === null || password !== "" && password !== text) return options;
  return { ...options, url: (url as string).replace(IN_ADDRESS, PLACE), password: text };
}
