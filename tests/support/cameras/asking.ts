import { createHash, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** Who a fake camera lets in. What is written here holds from the next request on. */
export interface Door {
  auth: "none" | "basic" | "digest";
  user: string;
  password: string;
  /** What it gives out now; a sign-in with another one is stale. */
  nonce: string;
  /** Parts of `qop`; empty: the old form without, as many cameras have it. */
  qop: string;
  algorithm: "MD5" | "SHA-256";
}

/** A door with a password, MD5 and no `qop`, as most cameras have it. */
export const newDoor = (change: Partial<Door> = {}): Door => ({
  auth: "none",
  user: "perch",
  password: "secret",
  nonce: "n-1",
  qop: "",
  algorithm: "MD5",
  ...change,
});

/** What is asked of a request that may not come in; null: it may. */
export function challengeOf(door: Door, method: string, head: string): string | null {
  if (door.auth === "none") return null;
  const sent = /^authorization: (.*)$/im.exec(head)?.[1].trim() ?? "";
  if (door.auth === "basic") {
    const right = `Basic ${Buffer.from(`${door.user}:${door.password}`).toString("base64")}`;
    return same(sent, right) ? null : `Basic realm="camera"`;
  }
  const stale = sent.startsWith("Digest") && field(sent, "nonce") !== door.nonce;
  if (!stale && digestFits(door, method, head, sent)) return null;
  const qop = door.qop === "" ? "" : `, qop="${door.qop}"`;
  const algorithm = door.algorithm === "MD5" ? "" : `, algorithm=${door.algorithm}`;
  return `Digest realm="a, camera", nonce="${door.nonce}"${qop}${algorithm}${
    stale ? ", stale=true" : ""
  }`;
}

function digestFits(door: Door, method: string, head: string, sent: string): boolean {
  const uri = head.split(" ")[1];
  const hash = (text: string) =>
    createHash(door.algorithm === "MD5" ? "md5" : "sha256").update(text).digest("hex");
  const who = hash(`${door.user}:a, camera:${door.password}`);
  const what = hash(`${method}:${uri}`);
  const middle = door.qop === "" ? "" : `:${field(sent, "nc")}:${field(sent, "cnonce")}:auth`;
  return field(sent, "uri") === uri && field(sent, "username") === door.user &&
    same(field(sent, "response"), hash(`${who}:${door.nonce}${middle}:${what}`));
}

const field = (header: string, name: string) =>
  new RegExp(`[ ,]${name}="?([^",]*)`).exec(header)?.[1] ?? "";

const same = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
