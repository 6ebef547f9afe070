/**
 * Messages between a site and its centre that go through a broker of others: packed, and sealed with what both know of
 * the site's key. Whoever else is at that broker can neither read nor write one, nor tell the broker's word for the
 * centre's.
 */
import { createHash, createHmac } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { z } from "zod";
import { forwardShape } from "./wire.ts";

/** What the largest group of a journal takes, unpacked. */
export const MESSAGE_BYTES_MOST = 8 * 1024 * 1024;

/** What a site asks. Its first question has no message: it asks for a token, which its further questions bear. */
export const askedShape = z.strictObject({
  /** A run of questions, chosen at random. */
  session: z.string().max(64),
  /** Counts up from 0 within the session; the same question, sent again, has the same number. */
  n: z.int().min(0),
  token: z.string().max(64).nullable(),
  message: forwardShape.nullable(),
});
export type Asked = z.output<typeof askedShape>;

export const repliedShape = z.strictObject({
  session: z.string(),
  n: z.int(),
  /** In the answer to the first question. */
  token: z.string().optional(),
  /** As over HTTP, with the same bodies; `NO_SESSION` is of this exchange alone. */
  status: z.int(),
  body: z.string(),
});
export type Replied = z.output<typeof repliedShape>;

/** The centre was started anew, or knows of later sessions: the site begins another. */
export const NO_SESSION = 440;

/** What the secret is derived by from the SHA-256 (hex) of the site's key: HMAC-SHA256 over this. */
export const secretLabel = (site: string): string => `perch-forward ${site}`;

/** The secret as the site has it, who has the key; its centre keeps the key's hash alone. 32 bytes in hex. */
export function secretOf(site: string, key: string): string {
  const hash = createHash("sha256").update(key).digest("hex");
  return createHmac("sha256", hash).update(secretLabel(site)).digest("hex");
}

/** Layout: 1, 12 bytes at random, AES-256-GCM over the packed text, bound to its topic. */
const SEALED = 1;
/** Layout: 2, the 12 bytes of what was asked: it could not be opened. From nobody in particular. */
const UNKNOWN = 2;
const IV_BYTES = 12;
const TAG_BYTES = 16;

const pack = promisify(gzip);
const unpack = promisify(gunzip) as (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Uint8Array>;

/** Seals and opens what goes through one topic. */
export interface Sealer {
  seal(content: unknown): Promise<Uint8Array>;
  /** Null: it was not sealed by who has the key, for this topic. */
  open(bytes: Uint8Array): Promise<unknown>;
}

/** @param secret 32 bytes in hex */
export async function createSealer(secret: string, topic: string): Promise<Sealer> {
  const raw = new Uint8Array(secret.match(/../g)!.map((byte) => parseInt(byte, 16)));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const additionalData = new TextEncoder().encode(topic);
  return {
    async seal(content) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const packed = await pack(JSON.stringify(content));
      const params = { name: "AES-GCM", iv, additionalData };
      const sealed = await crypto.subtle.encrypt(params, key, new Uint8Array(packed));
      const bytes = new Uint8Array(1 + IV_BYTES + sealed.byteLength);
      bytes[0] = SEALED;
      bytes.set(iv, 1);
      bytes.set(new Uint8Array(sealed), 1 + IV_BYTES);
      return bytes;
    },
    async open(bytes) {
      if (bytes[0] !== SEALED || bytes.length < 1 + IV_BYTES + TAG_BYTES) return null;
      const iv = bytes.slice(1, 1 + IV_BYTES);
      try {
        const params = { name: "AES-GCM", iv, additionalData };
        const packed = await crypto.subtle.decrypt(params, key, bytes.slice(1 + IV_BYTES));
        const text = await unpack(new Uint8Array(packed), { maxOutputLength: MESSAGE_BYTES_MOST });
        return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
      } catch {
        return null;
      }
    },
  };
}

/** What is said to who cannot be answered under a seal: there is no key that opens what was asked. */
export async function unknownTo(asked: Uint8Array): Promise<Uint8Array> {
  // Of the whole question: one that was bent on its way is another.
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(asked));
  return new Uint8Array([UNKNOWN, ...new Uint8Array(digest)]);
}

/** Whether that is said of this question. Nothing seals it: anybody at the broker can say it. */
export async function isUnknown(bytes: Uint8Array, asked: Uint8Array): Promise<boolean> {
  if (bytes[0] !== UNKNOWN) return false;
  const said = await unknownTo(asked);
  return bytes.length === said.length && bytes.every((byte, i) => byte === said[i]);
}
