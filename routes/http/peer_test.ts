import assert from "node:assert/strict";
import { Hono } from "hono";
import { isLoopbackAddress, parseCidrs, type Peer, peerOf, peerRules } from "./peer.ts";

const PROXY = "10.0.0.2";

/** What the server makes of a request that came over a socket from `socket`. */
async function peer(
  socket: string,
  headers: Record<string, string> = {},
  { proxies = [], publicUrl = null }: { proxies?: string[]; publicUrl?: string | null } = {},
): Promise<Peer> {
  const rules = peerRules(proxies, publicUrl === null ? null : new URL(publicUrl));
  const app = new Hono();
  app.get("/", (c) => c.json(peerOf(socket, c.req.header("host")!, c.req.raw.headers, rules)));
  const answer = await app.request("/", { headers: { host: "localhost:8080", ...headers } });
  return await answer.json();
}

Deno.test("peerOf: without trusted proxies the socket counts, whatever the headers say", async () => {
  const headers = { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" };
  assert.deepEqual(await peer("192.168.1.9", headers), {
    address: "192.168.1.9",
    secure: false,
    loopback: false,
    here: false,
  });
});

Deno.test("peerOf: the client is the last address that is no trusted proxy", async () => {
  const proxies = ["10.0.0.0/8"];
  const clientOf = async (forwarded: string) =>
    (await peer(PROXY, { "x-forwarded-for": forwarded }, { proxies })).address;
  assert.equal(await clientOf("203.0.113.7"), "203.0.113.7");
  // What the client wrote itself stands further left.
  assert.equal(await clientOf("127.0.0.1, 203.0.113.7"), "203.0.113.7");
  assert.equal(await clientOf("203.0.113.7, 10.0.0.3"), "203.0.113.7");
  assert.equal(await clientOf("2001:db8::7"), "2001:db8::7");
  for (const text of ["203.0.113.7:4711", "127.0.0.1, 203.0.113.7:1, 10.0.0.3:80"]) {
    assert.equal(await clientOf(text), "203.0.113.7", text);
  }
  for (const text of ["[2001:db8::7]", "[2001:db8::7]:4711"]) {
    assert.equal(await clientOf(text), "2001:db8::7", text);
  }
  // Nobody is the proxy itself because it names them in a way that is not understood, or not at all.
  for (
    const text of [
      ...[
        "203.0.113.7, nonsense",
        "unknown",
        "_hidden",
        "",
        "10.0.0.3, ",
        "1",
        "0x7f.1",
        "10.0.0.3:x",
      ],
      ...["unknown, 10.0.0.3", "[10.0.0.3]", "10.0.0.3%", "[::1", "::ffff:10.0.0.3:80 x"],
    ]
  ) assert.equal(await clientOf(text), "unknown", text);
  assert.equal((await peer(PROXY, { "x-real-ip": "10.0.0.4" }, { proxies })).address, "unknown");
  assert.equal((await peer(PROXY, {}, { proxies })).address, PROXY);
});

Deno.test("peerOf: https is what the trusted proxy says, or the public address", async () => {
  const proxies = [PROXY];
  const https = { "x-forwarded-proto": "https" };
  assert.equal((await peer(PROXY, https, { proxies })).secure, true);
  assert.equal(
    (await peer(PROXY, { "x-forwarded-proto": "https, http" }, { proxies })).secure,
    false,
  );
  assert.equal((await peer("10.0.0.9", https, { proxies })).secure, false);
  const publicUrl = "https://perch.example";
  assert.equal((await peer(PROXY, { host: "perch.example" }, { publicUrl })).secure, true);
  assert.equal((await peer(PROXY, { host: "10.0.0.1" }, { publicUrl })).secure, false);
});

Deno.test("peerOf: loopback is a socket and a name of this host, and no sign of a proxy", async () => {
  for (const socket of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal((await peer(socket)).loopback, true, socket);
    assert.equal((await peer(socket, { host: "plant.lan" })).loopback, false, socket);
  }
  assert.equal((await peer("192.168.1.9")).loopback, false);
  for (
    const name of [
      "forwarded",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto",
      "x-real-ip",
      "via",
    ]
  ) assert.equal((await peer("127.0.0.1", { [name]: "x" })).loopback, false, name);
  assert.equal((await peer("127.0.0.1", {}, { proxies: [PROXY] })).loopback, false);
  const told = { publicUrl: "https://perch.example" };
  assert.equal((await peer("127.0.0.1", {}, told)).loopback, false);
  const own = { publicUrl: "http://localhost:8080" };
  assert.equal((await peer("127.0.0.1", {}, own)).loopback, true);
});

Deno.test("parseCidrs reads blocks and single addresses, and names what is neither", () => {
  const inside = parseCidrs(["10.0.0.0/8", "192.168.1.2", "fd00::/8"]);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "192.168.1.2", "fd00::1"]) {
    assert.equal(inside(address), true, address);
  }
  for (const address of ["11.0.0.1", "192.168.1.3", "fe80::1", "", "10.0.0.0/8", "x"]) {
    assert.equal(inside(address), false, address);
  }
  assert.equal(parseCidrs([])("127.0.0.1"), false);
  for (const block of ["10.0.0.0/33", "proxy", "10.0.0.0/x", ""]) {
    assert.throws(() => parseCidrs([block]), /is not an address or CIDR block/, block);
  }
  assert.equal(isLoopbackAddress("localhost"), false, "a name is no address");
});
