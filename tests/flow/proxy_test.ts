/**
 * Perch behind nginx and Caddy with the documented configurations. `PERCH_PROXY_SECONDS` says how long the
 * stream is watched and an MQTT connection is quiet (default 15, longer than the stream's keep-alive; a
 * release watches 300).
 */
import { systemActor } from "../../lib/access/audit_row.ts";
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync, type IClientOptions } from "mqtt";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { atOnce } from "../support/at_once.ts";
import { freePort } from "../support/port.ts";
import { haveProxy, type Proxy, type ProxyKind, startProxy } from "../support/proxy.ts";
import { EventReader } from "../support/sse.ts";

const SECONDS = Number(Deno.env.get("PERCH_PROXY_SECONDS") ?? 15);
const tester = systemActor("test");
const EMAIL = "ada@example.org";
const PASSWORD = "long enough";

const KINDS: ProxyKind[] = ["nginx", "caddy"];

Deno.test("proxy: as documented, nginx and Caddy pass what Perch needs", (test) =>
  atOnce(
    test,
    Object.fromEntries(KINDS.flatMap((kind) => [
      [`${kind} passes sign-in, streams and addresses`, () => behind(kind, passesStreams)],
      [`${kind} passes MQTT over WebSocket, quiet for a while too`, () => behind(kind, passesMqtt)],
    ])),
  ));

/** A Perch that trusts the proxy before it; nothing is done where that one is not installed. */
async function behind(
  kind: ProxyKind,
  use: (under: AppUnderTest, proxy: Proxy) => Promise<void>,
): Promise<void> {
  if (!await haveProxy(kind)) return;
  const port = freePort();
  const under = await startApp({
    TRUSTED_PROXIES: "127.0.0.1",
    PERCH_PUBLIC_URL: `https://localhost:${port}`,
  });
  try {
    await using proxy = await startProxy(kind, port, new URL(under.url).host);
    await use(under, proxy);
  } finally {
    await under.close();
  }
}

async function passesStreams(under: AppUnderTest, proxy: Proxy): Promise<void> {
  using client = Deno.createHttpClient({ caCerts: [proxy.ca] });
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(proxy.url + path, { ...init, client, redirect: "manual" } as RequestInit);
  const { access } = under.app.parts();
  await access.users.add({ email: EMAIL, role: "engineer", password: PASSWORD }, tester);

  const metrics = await ask("/metrics");
  assert.equal(metrics.status, 401, "who comes through a proxy is not this host itself");
  await metrics.body?.cancel();

  const signIn = await ask("/sign-in", {
    method: "POST",
    headers: { origin: proxy.url },
    body: new URLSearchParams({ email: EMAIL, password: PASSWORD }),
  });
  await signIn.body?.cancel();
  assert.equal(signIn.status, 303);
  const cookie = signIn.headers.get("set-cookie")!;
  assert.match(cookie, /^__Host-perch=.*; Secure$/);
  const headers = { cookie: cookie.split(";")[0] };

  const lied = await ask("/api/users/login", {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.9" },
    body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
  });
  const { access_token } = await lied.json();
  const [latest] = (await access.audit.list({ action: "sign_in" })).items;
  assert.equal(latest.address, "127.0.0.1", "what the client says of itself is not believed");

  const foreign = await ask("/api/users/me", {
    method: "PATCH",
    headers: { ...headers, origin: "https://evil.example", "content-type": "application/json" },
    body: JSON.stringify({ name: "x" }),
  });
  await foreign.body?.cancel();
  assert.equal(foreign.status, 403);

  const stream = await ask("/api/stream", {
    headers: { ...headers, "accept-encoding": "gzip, br" },
  });
  assert.equal(stream.status, 200);
  assert.equal(stream.headers.get("content-encoding"), null);
  const events = new EventReader(stream.body!);
  assert.equal((await events.next())?.type, "hello");
  const endMs = performance.now() + SECONDS * 1000;
  let slowest = 0;
  for (let n = 0; performance.now() < endMs; n++) {
    const sentMs = performance.now();
    const stored = await ask("/api/ingest", {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: JSON.stringify({ machine: "hall/press", sensor: "temp", value: n }),
    });
    assert.equal(stored.status, 200, await stored.text());
    const event = await nextReading(events);
    assert.equal(JSON.parse(event).readings[0].value, n);
    slowest = Math.max(slowest, performance.now() - sentMs);
    // Now and then longer than the keep-alive, else a second.
    await new Promise((r) => setTimeout(r, n % 10 === 0 ? 13_000 : 1_000));
  }
  assert.ok(slowest < 5_000, `an event took ${slowest} ms: the proxy holds it back`);
  assert.ok(events.comments > 0 || SECONDS < 13);
  await events.cancel();
}

async function passesMqtt(under: AppUnderTest, proxy: Proxy): Promise<void> {
  const { access, registry } = under.app.parts();
  const { key } = await access.keys.add({ name: "press", machine: "hall/press" }, tester);
  const open = (more: IClientOptions, headers: Record<string, string> = {}) =>
    connectAsync(`${proxy.url.replace("https", "wss")}/mqtt`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      // Quiet: no PINGREQ keeps the proxy from ending the connection.
      keepalive: 0,
      ca: proxy.ca,
      wsOptions: { headers },
      ...more,
    }, false);
  await assert.rejects(
    open({}),
    /Not authorized/,
    "who comes through a proxy is not this host",
  );
  await assert.rejects(open({ username: "press", password: "perch_wrong" }), /Bad username/);
  const device = { username: "press", password: key };
  await assert.rejects(
    open(device, { origin: "https://evil.example" }),
    "a page of another site",
  );
  // What the client says of itself is not believed: it stays a client from elsewhere.
  await assert.rejects(open({}, { "x-forwarded-for": "127.0.0.1" }), /Not authorized/);

  const client = await open(device, { origin: proxy.url });
  const publish = async (value: number) => {
    await client.publishAsync("factory/hall/press/temperature", String(value), { qos: 1 });
    // PUBACK came: it is stored and visible.
    const found = registry.all().map((sensor) => [sensor.name, sensor.last?.value]);
    assert.deepEqual(found, [["hall/press/temperature", value]]);
  };
  await publish(20);
  let closed = false;
  client.on("close", () => closed = true);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  assert.ok(!closed, `${proxy.url} ended a connection that was quiet for ${SECONDS} s`);
  await publish(21);
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.publish("factory/hall/other/temperature", "1", { qos: 1 });
  await gone;
  assert.equal(registry.all().length, 1);
}

async function nextReading(events: EventReader): Promise<string> {
  for (;;) {
    const event = await events.next();
    if (event === null) throw new Error("the stream ended");
    if (event.type === "reading") return event.data;
  }
}
