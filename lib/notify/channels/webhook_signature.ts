import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";

/* Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks (symmetric signatures, v1). */

const PREFIX = "whsec_";
const KEY_BYTES = 32;

/** A new secret: `whsec_` and 32 random bytes as base64. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(KEY_BYTES).toString("base64");
}

/** The key of a secret; null when it is none (24 to 64 bytes). */
export function keyOf(secret: string): Uint8Array | null {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const key = Buffer.from(text, "base64");
  return key.length >= 24 && key.length <= 64 ? key : null;
}

/**
 * The three headers. While a secret is being exchanged both sign, so that a receiver may hold either.
 * `nowMs` is the time of this try; `id` is the same on every try.
 */
export function signatureHeaders(
  id: string,
  nowMs: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000);
  const signatures = secrets.map((secret) => {
    const hmac = createHmac("sha256", keyOf(secret)!).update(`${id}.${timestamp}.${body}`);
    return `v1,${hmac.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatures.join(" "),
  };
}
