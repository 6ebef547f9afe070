import assert from "node:assert/strict";
import { createOutgoing, httpAddress, type OutgoingDeps } from "./create_outgoing.ts";
import { type OutgoingAnswer, OutgoingError, type OutgoingFault } from "./outgoing.ts";

const guard = (change: Partial<OutgoingDeps> = {}) =>
  createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [], ...change });

async function withServer(
  handler: (request: Request) => Response | Promise<Response>,
  work: (url: string, port: number) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: abort.signal, onListen() {} };
  const server = Deno.serve(options, handler);
  try {
    await work(`http://127.0.0.1:${server.addr.port}`, server.addr.port);
  } finally {
    abort.abort();
    await server.finished;
  }
}

async function fault(work: Promise<unknown>): Promise<OutgoingFault> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof OutgoingError, String(error));
    assert.ok(error.message.length > 10);
    return error.fault;
  }
  throw new Error("there was no fault");
}

Deno.test("fetch sends method, headers and body, and gives status, headers and text", () =>
  withServer(async (request) => {
    const { method, headers } = request;
    const text = `${method} ${headers.get("x-one")} ${headers.get("host")} ${await request.text()}`;
    return new Response(text, { status: 418, headers: { "X-Two": "2" } });
  }, async (url, port) => {
    const init = { method: "POST", headers: { "x-one": "1" }, body: "äöü" };
    const answer: OutgoingAnswer = await guard().fetch(url, init);
    assert.equal(answer.status, 418);
    assert.equal(answer.text, `POST 1 127.0.0.1:${port} äöü`);
    assert.equal(answer.headers["x-two"], "2");
    assert.equal(answer.truncated, false);
  }));

Deno.test("fetch cuts an endless answer off and says so", () =>
  withServer(
    () =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
      ),
    async (url) => {
      const answer = await guard().fetch(url, { maxBytes: 1000 });
      assert.deepEqual([answer.text.length, answer.truncated], [1000, true]);
    },
  ));

Deno.test("fetch ends with its time, however slowly the answer drips, and with the caller's signal", () =>
  withServer(
    () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            controller.enqueue(new Uint8Array(1));
          },
        }),
      ),
    async (url) => {
      assert.equal(await fault(guard().fetch(url, { timeoutMs: 300 })), "timeout");
      assert.equal(await fault(guard({ timeoutMs: 300 }).fetch(url)), "timeout");
      const signal = AbortSignal.timeout(200);
      await assert.rejects(guard().fetch(url, { signal }), { name: "TimeoutError" });
    },
  ));

Deno.test("fetch ends with its time while a name server is silent", async () => {
  const resolve = () => new Promise<never>(() => {});
  assert.equal(
    await fault(guard({ resolve }).fetch("http://example.com/", { timeoutMs: 100 })),
    "timeout",
  );
});

Deno.test("fetch tries the next address of a name while none answered", () =>
  withServer(() => new Response("hi"), async (_, port) => {
    const both = guard({
      opened: ["127.0.0.0/8"],
      resolve: () =>
        Promise.resolve([
          { address: "127.0.0.2", family: 4 },
          { address: "127.0.0.1", family: 4 },
        ]),
    });
    assert.equal((await both.fetch(`http://both.test:${port}/`)).text, "hi");
    (await both.connect("both.test", port)).destroy();
  }));

Deno.test("one closed address of several closes the name", async () => {
  const resolve = () =>
    Promise.resolve([
      { address: "8.8.8.8", family: 4 as const },
      { address: "127.0.0.1", family: 4 as const },
    ]);
  const closed = guard({ opened: [], resolve });
  assert.equal(await fault(closed.fetch("http://both.test/")), "forbidden");
  assert.equal(await fault(closed.connect("both.test", 25)), "forbidden");
});

Deno.test("an admin's networks count from the moment they are set; the refusal names the setting", async () => {
  let allowed: string[] = [];
  const lan = guard({ allowed: () => allowed });
  await assert.rejects(lan.check("http://192.168.7.7/"), /outgoing\.allowed_networks/);
  allowed = ["192.168.7.0/24"];
  await lan.check("http://192.168.7.7/");
  assert.equal(await fault(lan.check("http://192.168.8.7/")), "forbidden");
  allowed = ["127.0.0.0/8"];
  const closed = guard({ allowed: () => allowed, opened: [] });
  assert.equal(await fault(closed.fetch("http://127.0.0.1/")), "forbidden", "not by an admin");
});

Deno.test("a single place opens that port of that address alone, and none that Perch listens on", () =>
  withServer(() => new Response("seen"), async (url, port) => {
    const openedPlaces = () => [`127.0.0.1:${port}`];
    const closed = guard({ opened: [], openedPlaces });
    assert.equal((await closed.fetch(url)).text, "seen");
    for (const other of [`127.0.0.1:${port + 1}`, `127.0.0.2:${port}`, `[::1]:${port}`]) {
      assert.equal(await fault(closed.fetch(`http://${other}`)), "forbidden", other);
    }
    const own = guard({ opened: [], openedPlaces, ownPorts: () => [port] });
    await assert.rejects(own.fetch(url), /Perch itself listens there/);
  }));

Deno.test("ports that Perch listens on are closed, opened network or not", () =>
  withServer(() => new Response("own"), async (url, port) => {
    const own = guard({ ownPorts: () => [port] });
    await assert.rejects(own.fetch(url), /Perch itself listens there/);
    await assert.rejects(own.connect("127.0.0.1", port), /Perch itself listens there/);
    assert.equal((await guard().fetch(url)).text, "own");
  }));

Deno.test("check refuses what is wrong or closed; a name that is not known at the moment passes", async () => {
  const closed = guard({ opened: [] });
  assert.equal(await fault(closed.check("nonsense")), "invalid");
  assert.equal(await fault(closed.check("http://127.0.0.1/")), "forbidden");
  await closed.check("https://surely-not-there.invalid/");
});

Deno.test("connect takes names and addresses only", async () => {
  for (const name of ["", "a b", "a/b", "a@b", "a:25", "http://a", "[::1", "a#b", "a\\b"]) {
    assert.equal(await fault(guard().connect(name, 25)), "invalid", name);
  }
});

const PRIVATE = [
  { address: "192.168.7.7", family: 4 as const },
  { address: "fd00::7", family: 6 as const },
];

Deno.test("toAllow names what an admin has to confirm, and only what an admin can", async () => {
  const closed = guard({ opened: [], ownPorts: () => [8080] });
  assert.equal(await closed.toAllow("192.168.7.7", 554), "192.168.7.7:554");
  assert.equal(await closed.toAllow("0xc0a80707", 80), "192.168.7.7:80");
  assert.equal(await closed.toAllow("::ffff:192.168.7.7", 80), "192.168.7.7:80");
  assert.equal(await closed.toAllow("FD00::7", 80), "[fd00::7]:80");
  assert.equal(await closed.toAllow("9.9.9.9", 554), null);
  assert.equal(await guard({ allowed: () => ["192.168.0.0/16"] }).toAllow("192.168.7.7", 1), null);
  const named = guard({ resolve: () => Promise.resolve(PRIVATE) });
  assert.equal(await named.toAllow("camera.lan", 554), "192.168.7.7:554");
  for (const host of ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1"]) {
    assert.equal(await fault(closed.toAllow(host, 80)), "forbidden", host);
  }
  assert.equal(await fault(closed.toAllow("a/b", 80)), "invalid");
});

/** "forbidden", or what else came of it: no network with these addresses is reached from here. */
const came = (work: Promise<{ destroy(): unknown }>) =>
  work.then((socket) => String(socket.destroy() && "opened"), (error) => `${error.fault}`);

Deno.test("allow opens one private address and port, and nothing that is closed", async () => {
  const closed = guard({ opened: [], timeoutMs: 50 });
  const connect = (host: string, port: number, allow: string) =>
    came(closed.connect(host, port, { allow }));
  assert.notEqual(await connect("fd00::7", 554, "[fd00::7]:554"), "forbidden");
  assert.notEqual(await connect("FD00:0::0007", 554, "[fd00::7]:554"), "forbidden");
  const others = ["[fd00::7]:555", "[fd00::8]:554", "[fd00::7]", "fd00::7", "[fd00::7]:5540"];
  for (const allow of others) {
    assert.equal(await connect("fd00::7", 554, allow), "forbidden", allow);
  }
  assert.equal(await connect("127.0.0.1", 80, "127.0.0.1:80"), "forbidden");
  assert.equal(await connect("169.254.169.254", 80, "169.254.169.254:80"), "forbidden");
  const url = "http://[fd00::7]/";
  assert.notEqual(await fault(closed.fetch(url, { allow: "[fd00::7]:80" })), "forbidden");
  assert.equal(await fault(closed.open(url, { allow: "[fd00::7]:81" })), "forbidden");
});

Deno.test("of several private addresses the allowed one is taken; a closed one beside it closes the name", async () => {
  const allow = "[fd00::7]:554";
  const both = guard({ opened: [], timeoutMs: 50, resolve: () => Promise.resolve(PRIVATE) });
  assert.notEqual(await came(both.connect("camera.lan", 554, { allow })), "forbidden");
  const metadata = { address: "169.254.169.254", family: 4 as const };
  const worse = guard({ opened: [], resolve: () => Promise.resolve([...PRIVATE, metadata]) });
  assert.equal(await fault(worse.connect("camera.lan", 554, { allow })), "forbidden");
});

Deno.test("own ports stay closed, allowed or not", async () => {
  const own =
    Deno.networkInterfaces().find(({ family, address }) =>
      family === "IPv4" && /^(10|172|192)\./.test(address)
    )?.address ?? "127.0.0.1";
  const host = guard({ ownPorts: () => [8080] });
  const allow = `${own}:8080`;
  await assert.rejects(host.connect(own, 8080, { allow }), /Perch itself listens there/);
});

const dripping = (gapMs: number, part: Uint8Array<ArrayBuffer>) =>
  new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, gapMs));
      controller.enqueue(part);
    },
  });

Deno.test("open gives an answer as it comes, beyond its time; a redirect is an answer", () =>
  withServer(
    ({ url }) =>
      url.endsWith("/away")
        ? new Response(null, { status: 302, headers: { location: "http://169.254.169.254/" } })
        : new Response(dripping(40, new Uint8Array(3)), { headers: { "X-Two": "2" } }),
    async (url) => {
      const answer = await guard().open(url, { timeoutMs: 150 });
      assert.deepEqual([answer.status, answer.headers["x-two"]], [200, "2"]);
      let bytes = 0;
      for await (const part of answer.body) if ((bytes += part.length) >= 15) break;
      const away = await guard().open(`${url}/away`);
      assert.deepEqual([away.status, away.headers.location], [302, "http://169.254.169.254/"]);
      await away.body.cancel();
    },
  ));

Deno.test("open: abort and cancel close the connection, and whoever reads slowly keeps the sender waiting", async () => {
  let sent = 0;
  let closed = 0;
  const part = new Uint8Array(65_536);
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        sent += part.length;
        controller.enqueue(part);
      },
      cancel: () => void closed++,
    });
  await withServer(() => new Response(endless()), async (url) => {
    const abort = new AbortController();
    const first = await guard().open(url, { signal: abort.signal });
    const reader = first.body.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(sent < 32_000_000, `${sent} bytes were sent`);
    abort.abort();
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, { name: "OutgoingError" });
    const second = await guard().open(url);
    await second.body.cancel();
    for (let tries = 0; closed < 2 && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(closed, 2);
  });
});

Deno.test("open: a connection that breaks is a fault, not an end", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1000));
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    await connection.write(new TextEncoder().encode(head));
    connection.close();
    listener.close();
  })();
  const answer = await guard().open(`http://127.0.0.1:${listener.addr.port}/`);
  assert.equal(await fault(new Response(answer.body).arrayBuffer()), "unreachable");
  await serving;
});

Deno.test("httpAddress drops the fragment and keeps the rest", () => {
  assert.equal(httpAddress("https://EXAMPLE.com:443/a?b=c#d").href, "https://example.com/a?b=c");
});
