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

Deno.test("httpAddress drops the fragment and keeps the rest", () => {
  assert.equal(httpAddress("https://EXAMPLE.com:443/a?b=c#d").href, "https://example.com/a?b=c");
});
