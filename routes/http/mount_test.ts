import assert from "node:assert/strict";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { mount } from "./mount.ts";
import type { MountOptions } from "./mount.ts";
import { route } from "./route.ts";

const viewer: Identity = {
  kind: "user",
  id: "u1",
  name: "viewer@example.com",
  role: "viewer",
  scopes: null,
  machine: null,
  via: "session",
};
const people: Record<string, Identity> = {
  viewer,
  engineer: { ...viewer, role: "engineer" },
  token: { ...viewer, role: "engineer", via: "token" },
  readKey: { ...viewer, kind: "key", role: "engineer", scopes: ["read"], via: "key" },
  device: { ...viewer, kind: "device", machine: "hall/press-3", via: "key" },
};

const table = [
  route({
    method: "get",
    path: "/page",
    policy: "viewer",
    summary: null,
    handler: () => new Response("<p>hello</p>", { headers: { "content-type": "text/html" } }),
  }),
  route({
    method: "get",
    path: "/api/items/:id",
    policy: "viewer",
    summary: "One item",
    handler: ({ params, who }) => Response.json({ id: params.id, who: who?.role }),
  }),
  route({
    method: "get",
    path: "/api/items/fixed",
    policy: "viewer",
    summary: "Fixed",
    query: z.object({ limit: z.coerce.number().int().min(1).max(10).default(5) }),
    handler: ({ query }) => Response.json({ fixed: query.limit }),
  }),
  route({
    method: "post",
    path: "/api/items",
    policy: "engineer",
    summary: "Add an item",
    body: z.object({ name: z.string().min(1), price: z.number() }),
    maxBodyBytes: 200,
    handler: ({ body }) => Response.json(body, { status: 201 }),
  }),
  route({
    method: "post",
    path: "/api/raw",
    policy: "device-or:engineer",
    summary: "Raw",
    maxBodyBytes: 100,
    handler: async ({ c, who }) =>
      Response.json({ bytes: (await c.req.arrayBuffer()).byteLength, machine: who?.machine }),
  }),
  route({
    method: "get",
    path: "/api/near",
    policy: "loopback-or:viewer",
    summary: "Metrics",
    handler: ({ address }) => new Response(`address ${address}`),
  }),
  route({
    method: "get",
    path: "/api/fails",
    policy: "public",
    summary: "Fails",
    handler: () => {
      throw new Error("secret detail");
    },
  }),
  route({
    method: "get",
    path: "/api/links/:secret",
    policy: "public",
    summary: "Fails, too",
    handler: () => {
      throw new Error("detail");
    },
  }),
  route({
    method: "get",
    path: "/api/busy",
    policy: "public",
    summary: "Busy",
    handler: () => {
      throw new PerchError("busy", "the queue is full", { retryAfterS: 1.2 });
    },
  }),
  route({
    method: "get",
    path: "/api/stream",
    policy: "public",
    summary: "Stream",
    handler: () =>
      new Response(new ReadableStream({ start: (s) => s.enqueue(new Uint8Array([58])) }), {
        headers: { "content-type": "text/event-stream", "cache-control": "no-transform" },
      }),
  }),
];

function app(options: Partial<MountOptions> = {}, peer = "192.168.1.7") {
  return mount({
    routes: table,
    resolve: ({ authorization, session }) =>
      people[session ?? authorization?.replace("Bearer ", "") ?? ""] ?? null,
    log: silentLog(),
    socketAddress: () => peer,
    ...options,
  });
}

const as = (name: string, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${name}`, ...more },
});

Deno.test("mount refuses two routes with the same method and path, whatever the parameter's name", () => {
  const twice = [...table, { ...table[1], path: "/api/items/:name" }];
  assert.throws(() => app({ routes: twice }), /two routes for GET/);
});

Deno.test("mount denies by default: problem+json for the API, the sign-in page for people", async () => {
  const api = await app().request("http://localhost/api/items/7");
  assert.equal(api.status, 401);
  assert.equal(api.headers.get("content-type"), "application/problem+json");
  assert.match(api.headers.get("www-authenticate") ?? "", /^Bearer/);
  const page = await app().request("http://localhost/page?range=6h", {
    headers: { accept: "text/html" },
  });
  assert.equal(page.status, 303);
  assert.equal(page.headers.get("location"), "/sign-in?next=%2Fpage%3Frange%3D6h");
});

Deno.test("mount gives one body for every wrong credential", async () => {
  const bodies = new Set<string>();
  for (const authorization of ["Bearer nobody", "Bearer ", "Basic eDp5", "x", "Bearer a b"]) {
    const answer = await app().request("http://localhost/api/items/7", {
      headers: { authorization },
    });
    assert.equal(answer.status, 401);
    bodies.add(await answer.text());
  }
  assert.equal(bodies.size, 1);
});

Deno.test("mount asks for role, scope and kind", async () => {
  const status = async (name: string, path: string, method = "GET") =>
    (await app().request(`http://localhost${path}`, { ...as(name), method })).status;
  assert.equal(await status("viewer", "/api/items/7"), 200);
  assert.equal(await status("viewer", "/api/items", "POST"), 403);
  assert.equal(await status("readKey", "/api/items/7"), 200);
  assert.equal(await status("readKey", "/api/items", "POST"), 403);
  assert.equal(await status("device", "/api/items/7"), 403);
  assert.equal(await status("device", "/api/raw", "POST"), 200);
  assert.equal(await status("viewer", "/api/raw", "POST"), 403);
});

Deno.test("mount prefers fixed paths to parameters, whatever the order of the table", async () => {
  const answer = await app().request("http://localhost/api/items/fixed?limit=3", as("viewer"));
  assert.deepEqual(await answer.json(), { fixed: 3 });
});

Deno.test("mount names every wrong field and refuses unknown ones", async () => {
  const post = (body: unknown) =>
    app().request("http://localhost/api/items", {
      method: "POST",
      headers: { authorization: "Bearer token", "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  assert.equal((await post({ name: "a", price: 1 })).status, 201);
  const bad = await post({ name: "", price: "x", role: "admin", id: 4 });
  assert.equal(bad.status, 400);
  const problem = await bad.json();
  assert.equal(problem.code, "validation");
  assert.deepEqual(
    problem.errors.map((e: { path: string }) => e.path).sort(),
    ["id", "name", "price", "role"],
  );
  assert.equal((await post("{not json")).status, 400);
  assert.equal((await post({ name: "a".repeat(300), price: 1 })).status, 413);
  const query = await app().request("http://localhost/api/items/fixed?limit=99&x=1", as("viewer"));
  assert.deepEqual(
    (await query.json()).errors.map((e: { path: string }) => e.path).sort(),
    ["query.limit", "query.x"],
  );
  const none = await app().request("http://localhost/api/items/7?x=1", as("viewer"));
  assert.equal(none.status, 400);
});

Deno.test("mount holds bodies of unknown length to the limit", async () => {
  const send = (bytes: number) =>
    app().request("http://localhost/api/raw", {
      ...as("token"),
      method: "POST",
      body: new ReadableStream({
        start(stream) {
          for (let i = 0; i < bytes; i += 10) stream.enqueue(new Uint8Array(10));
          stream.close();
        },
      }),
    });
  assert.deepEqual(await (await send(100)).json(), { bytes: 100, machine: null });
  assert.equal((await send(110)).status, 413);
});

Deno.test("mount refuses JSON under another content type", async () => {
  const answer = await app().request("http://localhost/api/items", {
    method: "POST",
    headers: { authorization: "Bearer token", "content-type": "text/plain" },
    body: '{"name":"a","price":1}',
  });
  assert.equal(answer.status, 415);
});

Deno.test("mount takes a missing body as {}: what is required is named", async () => {
  const send = async (body: string | undefined) =>
    await app().request("http://localhost/api/items", {
      method: "POST",
      headers: { authorization: "Bearer token" },
      body: body === undefined ? undefined : new TextEncoder().encode(body),
    });
  const answer = await send(undefined);
  assert.equal(answer.status, 400);
  assert.match(JSON.stringify(await answer.json()), /"path":"name"/);
  assert.equal((await send('{"name":"a","price":1}')).status, 415);
});

Deno.test("mount refuses cookie writes that no page of ours sent", async () => {
  const write = async (headers: Record<string, string>) =>
    (await app().request("http://localhost:8080/api/items", {
      method: "POST",
      headers: {
        cookie: "perch=engineer",
        "content-type": "application/json",
        host: "localhost:8080",
        ...headers,
      },
      body: '{"name":"a","price":1}',
    })).status;
  assert.equal(await write({ origin: "http://localhost:8080" }), 201);
  assert.equal(await write({ "sec-fetch-site": "same-origin" }), 201);
  assert.equal(await write({}), 403);
  assert.equal(await write({ origin: "null" }), 403);
  assert.equal(await write({ origin: "http://localhost:8081" }), 403);
  assert.equal(await write({ origin: "https://evil.example" }), 403);
  assert.equal(await write({ "sec-fetch-site": "cross-site" }), 403);
  assert.equal(
    await write({ origin: "http://localhost:8080", "sec-fetch-site": "same-site" }),
    403,
  );
});

Deno.test("mount answers 421 for names that are not its own", async () => {
  const options = { publicUrl: new URL("https://perch.example.org"), hostName: "pi4" };
  const status = async (host: string) =>
    (await app(options).request("http://localhost/api/items/7", as("viewer", { host }))).status;
  for (
    const host of [
      "localhost",
      "localhost:8080",
      "192.168.1.4:8080",
      "[fe80::1]:80",
      "pi4",
      "PI4.local:8080",
      "perch.example.org",
    ]
  ) assert.equal(await status(host), 200, host);
  for (
    const host of [
      "evil.example",
      "pi4.evil.example",
      "localhost.evil.example",
      "2130706433",
      "a b",
    ]
  ) assert.equal(await status(host), 421, host);
});

Deno.test("mount calls only this host itself loopback", async () => {
  const metrics = async (peer: string, headers: Record<string, string> = {}) =>
    (await app({}, peer).request("http://localhost/api/near", { headers })).status;
  assert.equal(await metrics("127.0.0.1"), 200);
  assert.equal(await metrics("::1"), 200);
  assert.equal(await metrics("::ffff:127.0.0.1"), 200);
  assert.equal(await metrics("192.168.1.7"), 401);
  assert.equal(await metrics("127.0.0.1", { "x-forwarded-for": "10.0.0.1" }), 401);
  assert.equal(await metrics("127.0.0.1", { host: "192.168.1.2" }), 401);
});

// A proxy such as nginx with a bare proxy_pass: a loopback socket, Host 127.0.0.1, and nothing forwarded.
Deno.test("mount calls nobody loopback where the configuration tells of a proxy", async () => {
  const metrics = async (options: Partial<MountOptions>) =>
    (await app(options, "127.0.0.1").request("http://127.0.0.1:8080/api/near")).status;
  assert.equal(await metrics({ publicUrl: new URL("https://perch.example") }), 401);
  assert.equal(await metrics({ trustedProxies: ["10.0.0.1"] }), 401);
  assert.equal(await metrics({ publicUrl: new URL("http://localhost:8080") }), 200);
  assert.equal(await metrics({}), 200);
});

Deno.test("mount believes forwarding headers from trusted proxies alone", async () => {
  const address = async (peer: string, forwarded: string) => {
    const answer = await app({ trustedProxies: ["10.0.0.0/8", "127.0.0.1"] }, peer).request(
      "http://localhost/api/near",
      as("viewer", { "x-forwarded-for": forwarded }),
    );
    return await answer.text();
  };
  assert.equal(await address("10.0.0.2", "203.0.113.9, 10.0.0.3"), "address 203.0.113.9");
  assert.equal(await address("127.0.0.1", "1.1.1.1, 203.0.113.9"), "address 203.0.113.9");
  assert.equal(await address("192.168.1.7", "203.0.113.9"), "address 192.168.1.7");
  assert.throws(() => app({ trustedProxies: ["10.0.0.0/99"] }), /10\.0\.0\.0\/99/);
});

Deno.test("mount never shows what failed inside", async () => {
  const answer = await app().request("http://localhost/api/fails");
  const text = await answer.text();
  assert.equal(answer.status, 500);
  assert.ok(!text.includes("secret detail") && !text.includes(".ts"));
  const busy = await app().request("http://localhost/api/busy");
  assert.equal(busy.status, 503);
  assert.equal(busy.headers.get("retry-after"), "2");
});

Deno.test("mount logs what failed, without the secret that stands in its path", async () => {
  const lines: string[] = [];
  const log = { ...silentLog(), error: (message: string) => void lines.push(message) };
  for (const path of ["fails", "links/abc123"]) {
    await (await app({ log }).request(`http://localhost/api/${path}`)).body?.cancel();
  }
  assert.deepEqual(lines, ["GET /api/fails failed", "GET /api/links/*** failed"]);
});

Deno.test("mount answers unknown paths and methods as problems", async () => {
  const missing = await app().request("http://localhost/api/nothing");
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).code, "not_found");
  const method = await app().request("http://localhost/api/items/7", { method: "PUT" });
  assert.equal(method.status, 405);
  assert.equal(method.headers.get("allow"), "GET, HEAD");
  const page = await app({ errorPage: (p) => `<h1>${p.title}</h1>` }).request(
    "http://localhost/nothing",
    { headers: { accept: "text/html" } },
  );
  assert.equal(await page.text(), "<h1>Not found</h1>");
});

Deno.test("mount sets the security headers on every response", async () => {
  const requests: [string, RequestInit][] = [
    ["/api/items/7", as("viewer")],
    ["/api/items/7", {}],
    ["/api/fails", {}],
    ["/api/stream", {}],
    ["/nothing", {}],
    ["/page", { headers: { accept: "text/html" } }],
    ["/api/items/7", { headers: { host: "evil.example" } }],
    ["/api/items/7", { method: "DELETE" }],
    ["/api/items/7", { ...as("viewer"), method: "HEAD" }],
  ];
  for (const [path, init] of requests) {
    const { headers, body, status } = await app().request(`http://localhost${path}`, init);
    await body?.cancel();
    const csp = headers.get("content-security-policy") ?? "";
    assert.match(csp, /default-src 'none'/, `${path} ${status}`);
    assert.ok(csp.includes("frame-ancestors 'none'") && !csp.includes("unsafe"));
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("cache-control") ?? "", /no-store/);
    assert.ok(headers.has("referrer-policy") && headers.has("permissions-policy"));
  }
});

Deno.test("mount answers 408 to a body that does not come", async () => {
  const hono = app({ bodyTimeoutMs: 50 });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, hono.fetch);
  try {
    for (const path of ["/api/items", "/api/raw"]) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer token\r\n` +
        "content-type: application/json\r\ncontent-length: 90\r\n\r\n{";
      await connection.write(new TextEncoder().encode(head));
      const buffer = new Uint8Array(4096);
      let answer = "";
      for (let n: number | null; (n = await connection.read(buffer)) !== null;) {
        answer += new TextDecoder().decode(buffer.subarray(0, n));
        if (answer.includes("too_slow")) break;
      }
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /"code":"too_slow"/);
      connection.close();
    }
  } finally {
    await server.shutdown();
  }
});

/** Asks over `localhost`, from an address of the network unless the options say otherwise. */
const ask = async (path: string, init: RequestInit, options: Partial<MountOptions> = {}) =>
  await app(options).request(`http://localhost${path}`, init);

const CROSS = { corsOrigins: ["https://app.example"] };
const LISTED = { origin: "https://app.example", "sec-fetch-site": "cross-site" };

Deno.test("mount: a page of a listed origin may ask first, and read what a token brings", async () => {
  const asked = await ask("/api/items/7", {
    method: "OPTIONS",
    headers: { ...LISTED, "access-control-request-method": "GET" },
  }, CROSS);
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get("access-control-allow-origin"), "https://app.example");
  assert.match(asked.headers.get("access-control-allow-headers")!, /authorization/);
  const answer = await ask("/api/items", {
    method: "POST",
    headers: { ...LISTED, authorization: "Bearer token", "content-type": "application/json" },
    body: `{"name":"a","price":1}`,
  }, CROSS);
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("access-control-allow-origin"), "https://app.example");
  assert.equal(answer.headers.get("access-control-allow-credentials"), null);
});

Deno.test("mount: the cookie of who is signed in never counts for a page of another origin", async () => {
  const headers = { ...LISTED, cookie: "perch=engineer", "content-type": "application/json" };
  const body = `{"name":"a","price":1}`;
  for (const path of ["/api/items", "/api/items/7"]) {
    const method = path === "/api/items" ? "POST" : "GET";
    const init = { method, headers, ...(method === "POST" ? { body } : {}) };
    assert.equal((await ask(path, init, CROSS)).status, 401, path);
  }
  // Without a place in the list it is refused as ever, and no page may read anything.
  const foreign = await ask("/api/items", { method: "POST", headers, body });
  assert.equal(foreign.status, 403);
  const other = await ask("/api/items/7", {
    headers: { origin: "https://other.example", authorization: "Bearer token" },
  }, CROSS);
  assert.equal(other.headers.get("access-control-allow-origin"), null);
  assert.match(other.headers.get("vary")!, /origin/);
  // Open on this host it is not this host.
  const near = { ...CROSS, socketAddress: () => "127.0.0.1" };
  const asOf = async (headers: Record<string, string>) =>
    (await ask("/api/near", { headers }, near)).status;
  assert.equal(await asOf({}), 200);
  assert.equal(await asOf({ origin: "http://localhost", "sec-fetch-site": "same-origin" }), 200);
  assert.equal(await asOf(LISTED), 401);
  assert.equal(await asOf({ origin: "https://other.example" }), 401);
  assert.equal(await asOf({ ...LISTED, authorization: "Bearer token" }), 200);
  // Pages are for people: they are no part of the API.
  const page = await ask("/page", { headers: { ...LISTED, cookie: "perch=viewer" } }, CROSS);
  assert.equal(page.headers.get("access-control-allow-origin"), null);
});

Deno.test("mount: who is outside the allowed networks is refused, and this host never", async () => {
  const from = (socketAddress: string, headers: Record<string, string> = {}) =>
    ask("/api/items/7", { headers: { authorization: "Bearer token", ...headers } }, {
      allowedNetworks: ["192.168.1.0/24"],
      trustedProxies: ["10.0.0.1"],
      socketAddress: () => socketAddress,
    });
  assert.equal((await from("192.168.1.9")).status, 200);
  const refused = await from("192.168.2.9");
  assert.equal(refused.status, 403);
  assert.match((await refused.json()).detail, /192\.168\.2\.9.*ALLOWED_NETWORKS/);
  assert.equal((await from("10.0.0.1", { "x-forwarded-for": "192.168.1.9" })).status, 200);
  assert.equal((await from("10.0.0.1", { "x-forwarded-for": "8.8.8.8" })).status, 403);
  // What nobody is trusted to say does not help.
  assert.equal((await from("8.8.8.8", { "x-forwarded-for": "192.168.1.9" })).status, 403);
  // In a way that is not understood the proxy names nobody, least of all itself.
  for (const client of ["192.168.1.9:4711", "[::ffff:192.168.1.9]:1"]) {
    assert.equal((await from("10.0.0.1", { "x-forwarded-for": client })).status, 200, client);
  }
  const unknown = (address: string, client: string) =>
    ask("/api/items/7", {
      headers: { authorization: "Bearer token", "x-forwarded-for": client },
    }, {
      ...{
        allowedNetworks: ["10.0.0.0/8", "127.0.0.1"],
        trustedProxies: ["10.0.0.1", "127.0.0.1"],
      },
      socketAddress: () => address,
    });
  for (const proxy of ["10.0.0.1", "127.0.0.1"]) {
    for (const client of ["unknown", "8.8.8.8:443", "[2001:db8::7]:443", "x", ""]) {
      assert.equal((await unknown(proxy, client)).status, 403, `${client} by ${proxy}`);
    }
  }
  const here = async (options: Partial<MountOptions>, headers: Record<string, string> = {}) => {
    const answer = await ask("/api/items/7", {
      headers: { authorization: "Bearer token", ...headers },
    }, {
      ...{ allowedNetworks: ["192.168.1.0/24"], ports: [8080], socketAddress: () => "127.0.0.1" },
      ...options,
    });
    return `${answer.status} ${answer.ok ? "" : (await answer.json()).detail}`;
  };
  assert.match(await here({}), /^200/);
  assert.match(await here({ publicUrl: new URL("http://plant.example:8080/perch") }), /^200/);
  const behind = { publicUrl: new URL("https://plant.example") };
  assert.match(await here({ ...behind, trustedProxies: ["127.0.0.1"] }), /^200/);
  assert.match(await here(behind, { "x-forwarded-for": "127.0.0.1" }), /^403/);
  // What a proxy forwards that nobody told of may look just so.
  assert.match(await here(behind), /^403 .*TRUSTED_PROXIES/);
});
