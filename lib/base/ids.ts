import { createHash } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Random id of `length` characters from an alphabet without look-alikes (5 bits each). */
export function randomId(length = 16): string {
  return encode32(crypto.getRandomValues(new Uint8Array(length)), length);
}

/** Id that depends on `text` alone: the first `length` (≤ 32) characters of its SHA-256 (5 bits each). */
export function nameId(text: string, length = 12): string {
  return encode32(createHash("sha256").update(text).digest(), length);
}

function encode32(bytes: Uint8Array, length: number): string {
  let out = "";
  for (let i = 0; i < length; i++) out += ALPHABET[bytes[i] & 31];
  return out;
}
