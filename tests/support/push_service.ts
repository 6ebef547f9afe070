/** A browser and its push service (RFC 8030), on loopback: it checks who sends, and opens what it got. */
import assert from "node:assert/strict";
import { importJWK, jwtVerify } from "jose";

export interface PushService {
  /** What the browser gives to Perch. */
  subscription: { endpoint: string; keys: { p256dh: string; auth: string } };
  /** Messages that the browser opened. */
  readonly shown: Record<string, unknown>[];
  /** Headers of each request that came. */
  readonly asked: Headers[];
  /** What it answers; 201: it takes the message. */
  status: number;
  close(): Promise<void>;
}

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const text = (bytes: Uint8Array) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
const label = (words: string) => new TextEncoder().encode(`${words}\0`);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** `tls`: PEM files. `publicKey`: what Perch told the browser, checked against the sender of each message. */
export async function startPushService(
  tls: { cert: string; key: string },
  publicKey: () => string,
): Promise<PushService> {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const auth = crypto.getRandomValues(new Uint8Array(16));
  const service = { shown: [] as Record<string, unknown>[], asked: [] as Headers[], status: 201 };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    cert: Deno.readTextFileSync(tls.cert),
    key: Deno.readTextFileSync(tls.key),
  }, async (request) => {
    service.asked.push(request.headers);
    const body = new Uint8Array(await request.arrayBuffer());
    if (service.status !== 201) {
      return new Response("as told", { status: service.status, headers: { "retry-after": "7" } });
    }
    try {
      await checkSender(request, publicKey());
      assert.match(request.headers.get("ttl") ?? "", /^\d+$/);
      service.shown.push(JSON.parse(await opened(body)));
      return new Response(null, { status: 201 });
    } catch (error) {
      return new Response(String(error), { status: 400 });
    }
  });

  async function opened(body: Uint8Array<ArrayBuffer>): Promise<string> {
    assert.ok(body.length <= 4096);
    const [salt, size] = [body.slice(0, 16), body[20]];
    const theirs = body.slice(21, 21 + size);
    const key = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
    const shared = await crypto.subtle.deriveBits(
      { name: "ECDH", public: key },
      pair.privateKey,
      256,
    );
    const secret = await hkdf(
      new Uint8Array(shared),
      auth,
      joined(label("WebPush: info"), point, theirs),
      32,
    );
    const cek = await hkdf(secret, salt, label("Content-Encoding: aes128gcm"), 16);
    const iv = await hkdf(secret, salt, label("Content-Encoding: nonce"), 12);
    const aes = await crypto.subtle.importKey("raw", cek, "AES-GCM", false, ["decrypt"]);
    const plain = new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv }, aes, body.slice(21 + size)),
    );
    assert.equal(plain.at(-1), 2, "the last record");
    return new TextDecoder().decode(plain.subarray(0, -1));
  }

  return Object.assign(service, {
    subscription: {
      endpoint: `https://localhost:${server.addr.port}/send/one`,
      keys: { p256dh: text(point), auth: text(auth) },
    },
    close: () => server.shutdown(),
  });
}

/** RFC 8292: signed with the key that the browser subscribed to, for this service alone, and with a contact. */
async function checkSender(request: Request, publicKey: string): Promise<void> {
  const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(
    request.headers.get("authorization") ?? "",
  )!;
  assert.equal(key, publicKey);
  const point = bytes(key);
  const [x, y] = [point.subarray(1, 33), point.subarray(33, 65)].map(text);
  const verified = await importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256");
  const { payload } = await jwtVerify(token, verified, { audience: new URL(request.url).origin });
  assert.match(payload.sub ?? "", /^mailto:/);
}

async function hkdf(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt, info },
    key,
    size * 8,
  );
  return new Uint8Array(bits);
}
