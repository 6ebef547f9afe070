import { Buffer } from "node:buffer";
import { PerchError } from "./errors.ts";

/** Encrypts what is secret of a channel or a camera before it is stored, so that a copy of the database reveals nothing. */
export interface Sealer {
  /** `about` is bound to the text: it opens for the same `about` only. */
  seal(text: string, about: string): Promise<string>;
  /** @throws PerchError `unavailable` when it was sealed with another key or changed since */
  open(sealed: string, about: string): Promise<string>;
}

const ALGORITHM = "AES-GCM";
const IV_BYTES = 12;
const KEY_BYTES = 32;

/** `key`: 32 random bytes as base64url, as `channels.key` holds them. */
export function createSealer(key: string): Sealer {
  const bytes = Buffer.from(key, "base64url");
  if (bytes.length < KEY_BYTES) {
    throw new PerchError("internal", "the key of channels is too short");
  }
  const raw = new Uint8Array(bytes.subarray(0, KEY_BYTES));
  const imported = crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["encrypt", "decrypt"]);
  const utf8 = new TextEncoder();
  return {
    async seal(text, about) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const additionalData = utf8.encode(about);
      const data = await crypto.subtle.encrypt(
        { name: ALGORITHM, iv, additionalData },
        await imported,
        utf8.encode(text),
      );
      return Buffer.concat([iv, new Uint8Array(data)]).toString("base64url");
    },
    async open(sealed, about) {
      const all = new Uint8Array(Buffer.from(sealed, "base64url"));
      const iv = all.subarray(0, IV_BYTES);
      const additionalData = utf8.encode(about);
      try {
        const data = await crypto.subtle.decrypt(
          { name: ALGORITHM, iv, additionalData },
          await imported,
          all.subarray(IV_BYTES),
        );
        return new TextDecoder().decode(data);
      } catch {
        throw new PerchError(
          "unavailable",
          "its secrets were stored with another key (channels.key): type them again",
        );
      }
    },
  };
}
