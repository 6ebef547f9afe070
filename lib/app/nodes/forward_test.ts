import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { peerRules } from "../../../routes/http/peer.ts";
import { acceptsGzip, PACKED_FOR } from "../../../routes/http/static.ts";
import { createForward } from "./forward.ts";
import { stateOf } from "./nodes.ts";

const FROM = { remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 5 } } as const;
const serve = (answer: (request: Request) => Response | Promise<Response>, port = 0) =>
  Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, answer);
const forwardTo = (keeper: () => string | null, patienceMs = 60_000, trusted: string[] = []) =>
  createForward({ keeper, patienceMs, peers: peerRules(trusted, null), sleep: () => soon() });
const PING = new TextEncoder().encode(": ping\n\n");
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

Deno.test("a node hands on method, path, host, cookies and body, and who asks is the client it saw", async () => {
  const seen: { method: string; url: string; headers: Headers; body: string }[] = [];
  await using server = serve(async (request) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: await request.text() });
    return new Response("made", { status: 201, headers: { "set-cookie": "a=b" } });
  });
  const forward = forwardTo(() => `http://127.0.0.1:${server.addr.port}`);
  const headers = { host: "perch.example", cookie: "s=1", "x-forwarded-for": "10.9.9.9" };
  const request = new Request("http://perch.example/api/ingest?x=1", {
    ...{ method: "POST", headers, body: "21.5" },
  });
  const answer = await forward.fetch(request, FROM);
  assert.deepEqual([answer.status, await answer.text(), answer.headers.get("set-cookie")], [
    201,
    "made",
    "a=b",
  ]);
  const [{ method, url, body, headers: sent }] = seen;
  assert.deepEqual([method, new URL(url).pathname + new URL(url).search, body], [
    "POST",
    "/api/ingest?x=1",
    "21.5",
  ]);
  assert.equal(sent.get("host"), "perch.example");
  assert.equal(sent.get("cookie"), "s=1");
  assert.equal(sent.get("x-forwarded-for"), "192.0.2.7", "what a stranger claims is left out");
  forward.close();
});

Deno.test("an answer that the keeper packed arrives packed, at who takes that alone", async () => {
  const packed = gzipSync("<p>hello</p>".repeat(100));
  await using server = serve(({ headers }) =>
    acceptsGzip(headers)
      ? new Response(packed, { headers: { "content-encoding": "gzip" } })
      : new Response("plain")
  );
  const forward = forwardTo(() => `http://127.0.0.1:${server.addr.port}`);
  const ask = (headers: Record<string, string>) =>
    forward.fetch(new Request("http://x/", { headers }), FROM);
  for (const name of ["accept-encoding", PACKED_FOR]) {
    const answer = await ask({ [name]: "gzip, br" });
    assert.equal(answer.headers.get("content-encoding"), "gzip");
    assert.deepEqual(await answer.bytes(), new Uint8Array(packed));
  }
  assert.equal(await (await ask({ "accept-encoding": "br" })).text(), "plain");
  assert.equal(await (await ask({})).text(), "plain");
  forward.close();
});

Deno.test("who is no keeper any more did not take it: it goes to the next; a person is shown a page", async () => {
  let keeper = 0;
  const former = forwardTo(() => null);
  await using gone = serve((request) => former.fetch(request, FROM));
  await using next = serve(async (request) => new Response(`next: ${await request.text()}`));
  const forward = createForward({
    ...{ keeper: () => `http://127.0.0.1:${keeper}`, patienceMs: 60_000 },
    peers: peerRules([], null),
    page: (reads, pathname) => new Response(`a page, ${reads}, ${pathname}`, { status: 503 }),
    sleep: () => soon(),
  });
  const post = (more: Record<string, string> = {}) =>
    forward.fetch(
      new Request("http://x/a", { method: "POST", body: "1", headers: { ...more } }),
      FROM,
    );
  keeper = gone.addr.port;
  const held = post({ "content-length": "1" });
  const reading = forward.fetch(new Request("http://x/machines"), FROM);
  const passing = await post({ accept: "text/html" });
  assert.deepEqual([passing.status, await passing.text()], [503, "a page, false, /a"]);
  assert.match((await (await post()).json()).detail, /changes just now: try again in a moment/);
  keeper = next.addr.port;
  assert.equal(await (await held).text(), "next: 1");
  assert.equal(await (await reading).text(), "next: ");
  forward.close();
  former.close();
});

Deno.test("what reads waits for the next keeper; what writes is refused unless it surely did not arrive", async () => {
  let keeper: string | null = null;
  let asked = 0;
  await using server = serve(() => new Response(`answer ${++asked}`));
  const forward = forwardTo(() => keeper);
  const reading = forward.fetch(new Request("http://x/machines"), FROM);
  const refused = await forward.fetch(
    new Request("http://x/a", { method: "POST", body: "1" }),
    FROM,
  );
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "2");
  assert.match((await refused.json()).detail, /no node keeps this site at the moment/);
  const ready = await forward.fetch(new Request("http://x/health/ready"), FROM);
  assert.equal(ready.status, 503, "a proxy hears at once");
  // Nobody listens there: the body did not arrive, and goes to the next.
  const gone = serve(() => new Response());
  keeper = `http://127.0.0.1:${gone.addr.port}`;
  await gone.shutdown();
  const headers = { "content-length": "1" };
  const writing = forward.fetch(
    new Request("http://x/a", { method: "POST", body: "1", headers }),
    FROM,
  );
  await soon();
  keeper = `http://127.0.0.1:${server.addr.port}`;
  const answers = await Promise.all([reading, writing]);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  assert.equal(asked, 2);
  const again = new Request("http://x/", { headers: { "perch-node-hop": "1" } });
  assert.equal((await forward.fetch(again, FROM)).status, 503, "handed on once, not in a circle");
  forward.close();
});

Deno.test("an answer that is cut off in the middle is asked for once more; one to HEAD has no body", async () => {
  let asked = 0;
  const half = () =>
    new ReadableStream({
      start: (c) => c.enqueue(PING),
      pull: (c) => c.error(new Error("cut off")),
    });
  await using server = Deno.serve({
    ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
    onError: () => new Response(),
  }, () =>
    new Response(asked++ === 0 ? half() : PING.slice(0, 8), {
      headers: { "content-length": String(asked === 1 ? 2 * PING.length : 8) },
    }));
  const forward = forwardTo(() => `http://127.0.0.1:${server.addr.port}`);
  const answer = await forward.fetch(new Request("http://x/machines"), FROM);
  assert.deepEqual(await answer.bytes(), PING.slice(0, 8));
  assert.equal(asked, 2);
  await using standby = serve((request) => forward.fetch(request, FROM));
  const head = await fetch(`http://127.0.0.1:${standby.addr.port}/`, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.equal(head.headers.get("content-length"), "8");
  forward.close();
});

Deno.test("when the keeper changes, what one that is stopped would never answer goes to the next, and its streams end", async () => {
  const { promise: never, resolve: end } = Promise.withResolvers<Response>();
  await using stopped = serve(({ url }) =>
    url.endsWith("/stream")
      ? new Response(new ReadableStream({ start: (c) => c.enqueue(PING) }), {
        headers: url.includes("/events/") ? { "content-type": "text/event-stream" } : {},
      })
      : never
  );
  await using next = serve(() => new Response("from the next"));
  let keeper = stopped.addr.port;
  const forward = forwardTo(() => `http://127.0.0.1:${keeper}`);
  const reader = (await forward.fetch(new Request("http://x/stream"), FROM)).body!.getReader();
  assert.deepEqual((await reader.read()).value, PING);
  // As a browser meets it, through a listener.
  await using standby = serve((request) => forward.fetch(request, FROM));
  const streams = await Promise.all(
    ["stream", "events/stream"].map((path) =>
      fetch(`http://127.0.0.1:${standby.addr.port}/${path}`)
    ),
  );
  const readers = streams.map(({ body }) => body!.getReader());
  for (const one of readers) assert.deepEqual((await one.read()).value, PING);
  const waits = forward.fetch(new Request("http://x/machines"), FROM);
  const writes = forward.fetch(new Request("http://x/a", { method: "POST", body: "1" }), FROM);
  await soon();
  keeper = next.addr.port;
  forward.moved();
  await assert.rejects(reader.read());
  await assert.rejects(readers[0].read(), "what is not whole does not end as if it were");
  assert.equal((await readers[1].read()).done, true);
  assert.equal(await (await waits).text(), "from the next");
  assert.equal((await writes).status, 503, "it may have arrived");
  await (await writes).body?.cancel();
  end(new Response());
  forward.close();
});

Deno.test("the part says whether another node would take over", () => {
  const node = (n: number, silentMs: number, isKeeper = false) => ({
    ...{ url: `http://10.0.0.${n}:8080`, host: `n${n}`, silentMs, isKeeper },
  });
  assert.deepEqual(stateOf([node(1, 0, true), node(2, 900), node(3, 90_000)], 12_000), {
    health: "ok",
    detail: "One other node would take over: http://10.0.0.2:8080.",
  });
  assert.deepEqual(stateOf([node(1, 0, true), node(3, 90_000)], 12_000), {
    health: "degraded",
    detail: "No other node would take over. Silent: http://10.0.0.3:8080.",
  });
});
