/** Says to push services who sends (VAPID, RFC 8292), with one key of this Perch that browsers subscribe to. */
import { Buffer } from "node:buffer";
import { createECDH } from "node:crypto";

/** The key of this Perch. */
export interface Vapid {
  /** An uncompressed point of P-256, as base64url: what browsers are given. */
  publicKey: string;
  /** The `Authorization` header for an endpoint. `contact`: a `mailto:` or `https:` address. */
  authorize(endpoint: string, contact: string, nowMs: number): Promise<string>;
}

const LIVES_S = 12 * 3_600;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** `secret`: 32 random bytes as base64url. @throws Error for those few that are no key of the curve */
export async function createVapid(secret: string): Promise<Vapid> {
  const pair = createECDH("prime256v1");
  const d = Buffer.from(secret, "base64url").subarray(0, 32);
  pair.setPrivateKey(d);
  const point = pair.getPublicKey();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const publicKey = text(point);
  const key = await crypto.subtle.importKey(
    "jwk",
    {
      kty: "EC",
      crv: "P-256",
      d: text(d),
      x: text(point.subarray(1, 33)),
      y: text(point.subarray(33, 65)),
    },
    ECDSA,
    false,
    ["sign"],
  );
  return {
    publicKey,
    async authorize(endpoint, contact, nowMs) {
      const claims = {
        aud: new URL(endpoint).origin,
        exp: Math.floor(nowMs / 1000) + LIVES_S,
        sub: contact,
      };
      const part = (value: unknown) => text(new TextEncoder().encode(JSON.stringify(value)));
      const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
      const signature = await crypto.subtle.sign(ECDSA, key, new TextEncoder().encode(signed));
      return `vapid t=${signed}.${text(new Uint8Array(signature))}, k=${publicKey}`;
    },
  };
}
