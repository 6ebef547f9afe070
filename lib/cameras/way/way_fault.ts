import { messageOf } from "../../base/errors.ts";
import { OutgoingError } from "../../base/outgoing.ts";
import { FeedError } from "../fault.ts";
import type { CameraAddress } from "./target.ts";
import type { WayDeps } from "./way.ts";

/** Why a camera could not be connected to, as a sentence that says what to do. */
export async function connectFault(
  error: unknown,
  { host, port, scheme }: CameraAddress,
  { outgoing }: Pick<WayDeps, "outgoing">,
): Promise<FeedError> {
  if (error instanceof FeedError) return error;
  const options = { cause: error };
  if (!(error instanceof OutgoingError)) {
    return new FeedError(
      "unreachable",
      `The way to the camera broke: ${messageOf(error)}.`,
      options,
    );
  }
  const place = `${host}, port ${port}`;
  switch (error.fault) {
    case "forbidden": {
      const asked = await outgoing.toAllow(host, port).catch(() => null);
      return new FeedError(
        "not_allowed",
        asked === null
          ? `The camera's address is closed: ${error.message}.`
          : `An admin has to allow ${asked} for this camera first.`,
        options,
      );
    }
    case "tls":
      return new FeedError(
        "unreachable",
        `The certificate at ${place} is not one that Perch knows (${error.message}): name its ` +
          `authority in OUTGOING_CA, or use ${
            scheme === "https" ? "http" : "rtsp"
          }:// within your network.`,
        options,
      );
    case "timeout":
      return new FeedError(
        "unreachable",
        `Nothing answers at ${place}: is the camera on, and the address right?`,
        options,
      );
    default:
      if (/Parse Error/.test(error.message)) return otherLanguage("HTTP", options);
      return new FeedError(
        "unreachable",
        `There is no connection to ${place} (${error.message}): is the camera on, and the address right?`,
        options,
      );
  }
}

/** Something else listens there. */
export const otherLanguage = (language: "HTTP" | "RTSP", options?: ErrorOptions) =>
  new FeedError(
    "no_picture",
    `What answers there does not speak ${language}: check address and port in the settings.`,
    options,
  );

/** The camera said nothing for so long. */
export const silent = (ms: number) =>
  new FeedError(
    "unreachable",
    `The camera said nothing for ${Math.round(ms / 1000)} s, though the connection stands.`,
  );

/** User name and password were asked for, or are wrong. */
export const signInFault = ({ user }: Pick<CameraAddress, "user">) =>
  new FeedError(
    "sign_in",
    user === ""
      ? "The camera asks for a user name and a password: give them in its settings."
      : "The camera does not take this user name and password: correct them in its settings.",
  );

/** It names another address for its pictures, to which nobody goes unasked. */
export function redirected(
  status: number | string,
  location: string | null,
  { password }: Pick<CameraAddress, "password">,
): FeedError {
  return new FeedError(
    "no_picture",
    `The camera sends on to another address (${status})${
      shown(location, password)
    }. Perch follows none: give ` +
      "the right one in the settings.",
  );
}

/** It answers, and gives nothing; `said` is the line of its answer. */
export function refused(status: number, said: string): FeedError {
  const hint = HINTS[status] ??
    (status === 453 || status >= 500
      ? "it may have too many viewers, or have to be restarted"
      : "check the address in the settings");
  return new FeedError("no_picture", `The camera refuses (${said.slice(0, 60)}): ${hint}.`);
}

const NO_SUCH_PATH = "it knows no pictures at that address: check the path in the settings";
const HINTS: Readonly<Record<number, string>> = {
  403: "this user may not see its pictures",
  404: NO_SUCH_PATH,
  454: NO_SUCH_PATH,
  461: "it gives pictures by UDP alone, and Perch takes them by TCP",
};

/** Scheme, host and port, and a path in which no secret can stand. */
function shown(location: string | null, password: string): string {
  if (location === null) return "";
  const [, scheme, authority = "", path = ""] =
    /^(?:([a-z]+):)?(?:\/\/([^/?#\s]*))?([^?#\s]*)/i.exec(location.trim().slice(0, 300)) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // A password may stand in the path of an address, too.
  const isPlain = /^[\w./-]{0,60}$/.test(path) && (password === "" || !path.includes(password));
  const plain = isPlain ? path : "/…";
  const url = `${scheme === undefined ? "" : `${scheme}:`}${
    authority === "" ? "" : `//${host}`
  }${plain}`;
  return url === "" ? "" : `: ${url}`;
}
