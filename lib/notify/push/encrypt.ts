/** Encrypts what is pushed so that the browser alone can read it: aes128gcm (RFC 8188) with the keys of RFC 8291. */

/** Of a browser's subscription, as base64url. */
export interface BrowserKeys {
  /** Its public key, an uncompressed point of P-256. */
  p256dh: string;
  /** Its secret, 16 bytes. */
  auth: string;
}

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const RECORD_BYTES = 4096;
/** RFC 8291: an encrypted message is one record; services take 4 096 bytes. */
export const MOST_BYTES = 3_000;
const LAST_RECORD = 2;

/** The body of a push. @throws Error when the keys are none, or `text` is longer than `MOST_BYTES` */
export async function encryptPush(
  text: string,
  keys: BrowserKeys,
): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new TextEncoder().encode(text);
  if (plain.length > MOST_BYTES) throw new Error(`a push holds at most ${MOST_BYTES} bytes`);
  const theirs = bytesOf(keys.p256dh);
  const ours = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const ourPublic = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
  const shared = new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "ECDH", public: await publicKey(theirs) },
      ours.privateKey,
      256,
    ),
  );
  const info = joined(label("WebPush: info"), theirs, ourPublic);
  const secret = await hkdf(shared, bytesOf(keys.auth), info, 32);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await hkdf(secret, salt, label("Content-Encoding: aes128gcm"), 16);
  const iv = await hkdf(secret, salt, label("Content-Encoding: nonce"), 12);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv },
    await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]),
    joined(plain, Uint8Array.of(LAST_RECORD)),
  );
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(0, RECORD_BYTES);
  head[4] = ourPublic.length;
  return joined(salt, head, ourPublic, new Uint8Array(sealed));
}

/** Whether a browser's keys are keys. */
export async function areKeys({ p256dh, auth }: BrowserKeys): Promise<boolean> {
  try {
    await publicKey(bytesOf(p256dh));
    return bytesOf(auth).length === 16;
  } catch {
    return false;
  }
}

function publicKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, CURVE, false, []);
}

async function hkdf(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const options = { name: "HKDF", hash: "SHA-256", salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(options, key, bytes * 8));
}

const label = (text: string) => new TextEncoder().encode(`${text}\0`);

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(base64url.replace(/=+$/, ""), { alphabet: "base64url" });
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
