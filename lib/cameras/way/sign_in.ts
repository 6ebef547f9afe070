/*
 * DESIGN
 * Signing in at cameras, for RTSP and HTTP alike: Digest where it is offered, else Basic (RFC 7616, 7617). Written
 * here, over the hashes of node:crypto, as no kept library does what cameras need: http-auth-utils cannot answer a
 * Digest without `qop`, which is what most cameras ask, and throws for words that it does not know; digest-header
 * cuts a password at its colon and splits a realm at its comma.
 */
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";

export interface Credentials {
  user: string;
  password: string;
}

/** Who signs in at one camera, and how it was asked to. */
export interface SignIn {
  /**
   * Hears what was asked of a request that was refused with 401, and says whether to send it again. `answered`: how
   * often that was done for this request already. A question that calls the answer stale gets another one.
   */
  asked(challenges: string, answered: number): boolean;
  /** The Authorization of the next request; null: nobody asked for one. */
  header(method: string, uri: string): string | null;
}

interface Challenge {
  scheme: "basic" | "digest";
  values: Readonly<Record<string, string>>;
}

const HASHES: Readonly<Record<string, string>> = {
  "": "md5",
  "md5": "md5",
  "md5-sess": "md5",
  "sha-256": "sha256",
  "sha-256-sess": "sha256",
};

/** Null: nobody signs in. */
export function createSignIn(credentials: Credentials | null): SignIn {
  let current: Challenge | null = null;
  let uses = 0;
  return {
    asked(challenges, answered) {
      const next = credentials === null ? null : bestOf(challenges);
      if (next === null) return false;
      const stale = /^true$/i.test(next.values.stale ?? "");
      if (answered > (stale ? 1 : 0)) return false;
      if (next.values.nonce !== current?.values.nonce) uses = 0;
      current = next;
      return true;
    },
    header(method, uri) {
      if (current === null || credentials === null) return null;
      uses++;
      return current.scheme === "basic"
        ? basic(credentials)
        : digest(credentials, current.values, { method, uri, uses });
    },
  };
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function digest(
  { user, password }: Credentials,
  asked: Readonly<Record<string, string>>,
  { method, uri, uses }: { method: string; uri: string; uses: number },
): string {
  const algorithm = (asked.algorithm ?? "").toLowerCase();
  const hash = (text: string) => createHash(HASHES[algorithm]).update(text).digest("hex");
  const { realm, nonce } = asked;
  const cnonce = randomBytes(8).toString("hex");
  const nc = uses.toString(16).padStart(8, "0");
  const account = hash(`${user}:${realm}:${password}`);
  const who = algorithm.endsWith("-sess") ? hash(`${account}:${nonce}:${cnonce}`) : account;
  const what = hash(`${method}:${uri}`);
  const hasQop = asked.qop !== undefined && asked.qop !== "";
  const middle = hasQop ? `:${nc}:${cnonce}:auth` : "";
  const quoted = {
    username: user,
    realm,
    nonce,
    uri,
    response: hash(`${who}:${nonce}${middle}:${what}`),
    opaque: asked.opaque,
    cnonce: hasQop || algorithm.endsWith("-sess") ? cnonce : undefined,
  };
  const words = {
    algorithm: asked.algorithm,
    qop: hasQop ? "auth" : undefined,
    nc: hasQop ? nc : undefined,
  };
  const given = ([, value]: [string, string | undefined]) => value !== undefined;
  const parts = [
    ...Object.entries(quoted).filter(given).map(([name, value]) => `${name}="${escaped(value!)}"`),
    ...Object.entries(words).filter(given).map(([name, value]) => `${name}=${value}`),
  ];
  return `Digest ${parts.join(", ")}`;
}

const escaped = (text: string) => text.replace(/["\\]/g, "\\$&").replace(/[\r\n]/g, "");

/** Digest before Basic, the stronger hash first; null: nothing that can be answered. */
function bestOf(header: string): Challenge | null {
  const all = challengesIn(header);
  const digests = all.filter(({ scheme, values }) =>
    scheme === "digest" && values.realm !== undefined && values.nonce !== undefined &&
    (values.algorithm ?? "").toLowerCase() in HASHES &&
    (values.qop === undefined || values.qop === "" || /(^|[\s,])auth([\s,]|$)/i.test(values.qop))
  );
  const strength = ({ values }: Challenge) => /sha/i.test(values.algorithm ?? "") ? 1 : 0;
  const [best] = digests.sort((a, b) => strength(b) - strength(a));
  return best ?? all.find(({ scheme }) => scheme === "basic") ?? null;
}

/** One token, or `name=value` with the value in quotes or not. */
const PIECE = /([A-Za-z][\w-]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;

/** What a WWW-Authenticate asks, of several joined by commas, too. */
export function challengesIn(header: string): Challenge[] {
  const found: { scheme: string; values: Record<string, string> }[] = [];
  for (const [piece, name, quoted, word] of header.slice(0, 8192).matchAll(PIECE)) {
    if (!piece.includes("=")) found.push({ scheme: name.toLowerCase(), values: {} });
    else {
      const value = quoted?.replace(/\\(.)/g, "$1") ?? word ?? "";
      const last = found.at(-1);
      if (last !== undefined) last.values[name.toLowerCase()] ??= value;
    }
  }
  return found.filter((one): one is Challenge => ["basic", "digest"].includes(one.scheme));
}
