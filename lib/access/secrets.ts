import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

/** A fresh secret of `bytes` random bytes (default 32 = 256 bits) as base64url. */
export function randomSecret(bytes = 32): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** What is stored of a random secret: its SHA-256 in hex. Enough, because it cannot be guessed anyway. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Compares two texts in time that depends on their length alone. */
export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.byteLength === y.byteLength && timingSafeEqual(x, y);
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
