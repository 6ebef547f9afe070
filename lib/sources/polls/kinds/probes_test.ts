import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { haveCommands } from "../../../../tests/support/commands.ts";
import { makeCertificates } from "../../../../tests/support/mosquitto.ts";
import { systemClock } from "../../../base/clock.ts";
import { createOutgoing } from "../../../base/create_outgoing.ts";
import type { PerchError } from "../../../base/errors.ts";
import { checksumOf, echoOf, socketAddress } from "../../../base/ping.ts";
import { pollErrorOf } from "../fault.ts";
import { parseOptions } from "../poll_options.ts";
import { certificateFault } from "./certificates.ts";
import { namesStatus } from "./http_options.ts";
import { parsePath, valueAt } from "./json_path.ts";
import type { PolledValue } from "./kind.ts";
import { kindOf } from "./mod.ts";

interface Came {
  /** `up`, or why not. */
  code: string;
  text: string;
  values: Record<string, PolledValue["value"]>;
}

/** Asks once, as the loop does. */
async function ask(
  kind: string,
  options: Record<string, unknown>,
  { opened = ["127.0.0.1"], ca }: { opened?: string[]; ca?: string[] } = {},
): Promise<Came> {
  const outgoing = createOutgoing({ allowed: () => [], opened, ownPorts: () => [], ca });
  const found = kindOf(kind)!;
  const deps = { outgoing, clock: systemClock(), allowed: null };
  const session = found.open(parseOptions(found, options), deps);
  const valuesOf = (values: readonly PolledValue[]) =>
    Object.fromEntries(values.map(({ sensor, value }) => [sensor, value]));
  try {
    const { values, detail } = await session.ask(AbortSignal.timeout(5_000));
    return { code: "up", text: detail, values: valuesOf(values) };
  } catch (error) {
    const { code, message, values } = pollErrorOf(error);
    return { code, text: message, values: valuesOf(values) };
  } finally {
    await session.close();
  }
}

/** What is said of a wrong option. */
function refusal(kind: string, options: Record<string, unknown>): string {
  try {
    parseOptions(kindOf(kind)!, options);
  } catch (error) {
    return (error as PerchError).errors[0].path + ": " + (error as PerchError).errors[0].message;
  }
  return "taken";
}

async function withServer(
  handler: (request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("HTTP: status, keyword and JSON value decide; what was read is a value, what is wrong a sentence", () =>
  withServer(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/sent") {
      return Response.json({
        method: request.method,
        key: request.headers.get("x-key"),
        body: await request.text(),
      });
    }
    if (pathname === "/json") return Response.json({ pumps: [{ state: "run", "kW now": 3.5 }] });
    return new Response("All is well", { status: pathname === "/bad" ? 503 : 200 });
  }, async (url) => {
    const good = await ask("http", { url });
    assert.equal(good.code, "up");
    assert.match(good.text, /^Answered 200 in \d+ ms$/);
    assert.deepEqual(await ask("http", { url: `${url}/bad` }), {
      code: "answer",
      text: "Answered 503, expected 200-299",
      values: {},
    });
    assert.equal((await ask("http", { url: `${url}/bad`, status: "200,500-504" })).code, "up");
    assert.equal((await ask("http", { url, keyword: "well" })).code, "up");
    assert.equal(
      (await ask("http", { url, keyword: "ill" })).text,
      'The keyword "ill" is not in the answer',
    );
    assert.equal(
      (await ask("http", { url, keyword: "well", keyword_absent: true })).text,
      'The keyword "well" is in the answer',
    );
    const path = '$.pumps[0]["kW now"]';
    const read = await ask("http", { url: `${url}/json`, json_path: path });
    assert.deepEqual([read.code, read.values], ["up", { value: 3.5 }]);
    const state = { url: `${url}/json`, json_path: "pumps[0].state", json_value: "stop" };
    assert.deepEqual(await ask("http", state), {
      code: "answer",
      text: 'pumps[0].state is "run", expected "stop"',
      values: { value: "run" },
    });
    assert.match(
      (await ask("http", { url, json_path: "$.a" })).text,
      /^The answer is no JSON: it begins with "All/,
    );
    const sent = { url: `${url}/sent`, method: "POST", headers: "X-Key: s3cret\n", body: "{}" };
    const answer = await ask("http", { ...sent, json_path: "key", json_value: "s3cret" });
    assert.deepEqual(answer.values, { value: "s3cret" });
  }));

Deno.test("HTTP: a redirect is an answer, or followed and judged at each hop; secrets stay with their origin", () =>
  withServer(
    (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/loop") return Response.redirect(request.url, 302);
      if (pathname === "/to") return Response.redirect(searchParams.get("url")!, 302);
      return new Response(request.headers.get("authorization") ?? "nobody");
    },
    (first) =>
      withServer(
        (request) => new Response(request.headers.get("authorization") ?? "nobody"),
        async (second) => {
          const to = (url: string) => `${first}/to?url=${encodeURIComponent(url)}`;
          const answered = await ask("http", { url: to(`${first}/end`) });
          assert.equal(answered.text, `Answered 302 to "${first}/end", expected 200-299`);
          const headers = "Authorization: Bearer x";
          const same = { url: to(`${first}/end`), redirects: 1, headers, keyword: "Bearer x" };
          assert.equal((await ask("http", same)).code, "up");
          const other = { url: to(second), redirects: 1, headers, keyword: "nobody" };
          assert.equal((await ask("http", other)).code, "up", "the second server heard no secret");
          const closed = await ask("http", {
            url: to("http://169.254.169.254/latest"),
            redirects: 3,
          });
          assert.equal(closed.code, "forbidden");
          assert.match(closed.text, /^169\.254\.169\.254 may not be connected to/);
          const inside = await ask("http", { url: to("http://10.1.2.3/"), redirects: 1 });
          assert.equal(inside.code, "forbidden", "no admin can allow what it redirects to");
          assert.match(
            inside.text,
            /^It redirects to "http:\/\/10\.1\.2\.3", in the local network/,
          );
          const loop = await ask("http", { url: `${first}/loop`, redirects: 2 });
          assert.match(loop.text, /^Answered 302/);
        },
      ),
  ));

Deno.test("TCP: an open port is up; a closed one, a forbidden one and a name that nobody knows say so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const taken = listener.accept().then((connection) => connection.close());
  assert.deepEqual(await ask("tcp", { host: "127.0.0.1", port }), {
    code: "up",
    text: `Port ${port} is open`,
    values: {},
  });
  await taken;
  listener.close();
  const closed = await ask("tcp", { host: "127.0.0.1", port });
  assert.deepEqual([closed.code, closed.text], ["refused", `Nobody listens at 127.0.0.1:${port}`]);
  const waits = await ask("tcp", { host: "10.1.2.3", port: 502 });
  const why = "10.1.2.3:502 is in the local network, and no admin has allowed it yet";
  assert.deepEqual([waits.code, waits.text], ["unallowed", why]);
  const forbidden = await ask("tcp", { host: "169.254.169.254", port: 80 });
  assert.equal(forbidden.code, "forbidden");
  assert.match(forbidden.text, /^169\.254\.169\.254 may not be connected to: this host itself/);
  assert.equal((await ask("tcp", { host: "nobody.invalid", port: 1 })).code, "unreachable");
});

Deno.test({
  name:
    "certificates: days left of a good one; another name, an unknown authority and silence each have a sentence",
  ignore: !haveCommands({ openssl: "openssl" }),
  async fn() {
    const folder = await Deno.makeTempDir();
    const files = await makeCertificates(folder);
    const [ca, cert, key] = await Promise.all(
      [files.ca, files.cert, files.key].map((file) => Deno.readTextFile(file)),
    );
    await Deno.remove(folder, { recursive: true });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
      () => new Response("well"),
    );
    const { port } = server.addr;
    const at = { host: "127.0.0.1", port };
    try {
      const good = await ask("certificate", { ...at, days_least: 1 }, { ca: [ca] });
      assert.deepEqual([good.code, good.values], ["up", { "days left": 1 }], good.text);
      const soon = await ask("certificate", at, { ca: [ca] });
      assert.match(soon.text, /expires on \d{4}-\d\d-\d\d: renew it$/);
      assert.deepEqual(soon.values, { "days left": 1 });
      const unknown = await ask("certificate", { ...at, days_least: 0 });
      assert.match(
        unknown.text,
        /of an authority that is not known here .*: give it as OUTGOING_CA$/,
      );
      assert.equal(
        (await ask("certificate", { ...at, days_least: 0, any_authority: true })).code,
        "up",
      );
      const other = await ask("certificate", { host: "127.0.0.2", port, days_least: 0 }, {
        ca: [ca],
        opened: ["127.0.0.0/8"],
      });
      assert.equal(other.code, "refused");
      const url = `https://127.0.0.1:${port}`;
      const web = await ask("http", { url, certificate_days: 2 }, { ca: [ca] });
      assert.deepEqual([web.code, web.values], ["tls", { "certificate days left": 1 }]);
      assert.equal((await ask("http", { url })).code, "tls");
    } finally {
      await server.shutdown();
    }
    await withServer(() => new Response("no TLS"), async (url) => {
      const { code } = await ask("certificate", {
        host: "127.0.0.1",
        port: Number(new URL(url).port),
      });
      assert.notEqual(code, "up");
      assert.notEqual(code, "timeout");
    });
  },
});

Deno.test("certificates: an expired one and one of another host are told from others", () => {
  const nowMs = Date.UTC(2026, 4, 4);
  const found = { validToMs: nowMs + 1, subject: "a.example", issuer: "X", fault: null };
  const said = (change: Partial<typeof found> | { fault: string }, any = false) =>
    certificateFault({ ...found, ...change }, "b.example", nowMs, any);
  assert.equal(said({}), null);
  assert.equal(
    said({ validToMs: nowMs - 1 }, true),
    "The certificate of b.example expired on 2026-05-03: renew it",
  );
  assert.equal(
    said({ fault: "ERR_TLS_CERT_ALTNAME_INVALID" }),
    "The certificate is not one of b.example, but of a.example",
  );
  assert.match(
    said({ fault: "DEPTH_ZERO_SELF_SIGNED_CERT" })!,
    /authority that is not known here \(X\)/,
  );
  assert.equal(said({ fault: "DEPTH_ZERO_SELF_SIGNED_CERT" }, true), null);
});

Deno.test("DNS: what a name server says is compared with what is expected", async () => {
  const server = createSocket("udp4");
  const { promise: bound, resolve } = Promise.withResolvers<void>();
  server.bind(0, "127.0.0.1", resolve);
  await bound;
  const { port } = server.address();
  answerNames(server);
  const at = { host: "127.0.0.1", port, name: "www.example.test" };
  try {
    const found = await ask("dns", at);
    assert.deepEqual(found, {
      code: "up",
      text: "A: 192.0.2.1, 192.0.2.2",
      values: { records: 2 },
    });
    assert.equal((await ask("dns", { ...at, expected: "192.0.2.2" })).code, "up");
    const other = await ask("dns", { ...at, expected: "192.0.2.2, 192.0.2.9" });
    assert.deepEqual([other.code, other.text], [
      "answer",
      "www.example.test has no A record 192.0.2.9; it has 192.0.2.1, 192.0.2.2",
    ]);
    const none = await ask("dns", { ...at, name: "gone.test" });
    assert.deepEqual([none.code, none.text], ["unreachable", "there is no A record of gone.test"]);
    assert.equal((await ask("dns", at, { opened: [] })).code, "forbidden");
  } finally {
    server.close();
  }
});

/** A name server that knows two addresses of every name but those that begin with `gone`. */
function answerNames(server: Socket): void {
  server.on("message", (asked, { port, address }) => {
    const question = asked.subarray(12, asked.indexOf(0, 12) + 5);
    const isKnown = question[1] !== "g".charCodeAt(0);
    const answers = [1, 2].map((last) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, last]);
    const counts = [0, 1, 0, isKnown ? 2 : 0, 0, 0, 0, 0];
    const head = [...asked.subarray(0, 2), 0x81, isKnown ? 0x80 : 0x83, ...counts];
    const answer = [...head, ...question, ...isKnown ? answers.flat() : []];
    server.send(Uint8Array.from(answer), port, address);
  });
}

Deno.test("wrong options name the field and what is allowed", () => {
  assert.match(
    refusal("http", { url: "ftp://x" }),
    /^options\.url: the address has to begin with https/,
  );
  assert.match(
    refusal("http", { url: "https://u:p@x" }),
    /^options\.url: the address must not hold a user/,
  );
  assert.match(
    refusal("http", { url: "https://x", status: "abc" }),
    /^options\.status: give statuses like 200/,
  );
  assert.match(
    refusal("http", { url: "https://x", json_path: "a..b" }),
    /^options\.json_path: give a path like/,
  );
  assert.match(
    refusal("http", { url: "https://x", headers: "no colon" }),
    /^options\.headers: line 1 must be/,
  );
  assert.match(
    refusal("http", { url: "https://x", headers: "Host: y" }),
    /^options\.headers: line 1: host is set/,
  );
  assert.match(
    refusal("tcp", { host: "http://x", port: 1 }),
    /^options\.host: give a host name or an IP/,
  );
  assert.match(
    refusal("tcp", { host: "x", port: 70_000 }),
    /^options\.port: give a number of at most 65535; it was 70000/,
  );
  assert.match(refusal("dns", { name: "x", type: "ANY" }), /^options\.type: give A, AAAA/);
  assert.match(
    refusal("heartbeat", { every: 1 }),
    /^options\.every: unknown field; known: grace_s/,
  );
});

Deno.test("statuses, JSON paths and echoes are read as they are written", () => {
  assert.deepEqual([200, 299, 300, 401].map((status) => namesStatus("200-299, 401", status)), [
    true,
    true,
    false,
    true,
  ]);
  assert.deepEqual(parsePath('$.a[0]["b.c"].d'), ["a", 0, "b.c", "d"]);
  for (const wrong of ["", "$", "a..b", "a[b]", "a[", "x.".repeat(40)]) {
    assert.equal(parsePath(wrong), null, wrong);
  }
  assert.equal(valueAt({}, ["constructor"]), undefined);
  const packet = echoOf(Uint8Array.from([1, 2, 3, 4]), false);
  assert.equal(checksumOf(packet), 0, "with its checksum the sum is nothing");
  assert.deepEqual([...socketAddress("192.168.1.20").subarray(4, 8)], [192, 168, 1, 20]);
  assert.deepEqual([...socketAddress("fd00::20").subarray(8, 24)], [
    0xfd,
    ...new Array(14).fill(0),
    0x20,
  ]);
});

Deno.test("ping: where the host allows none, the form says so and names what is possible", () => {
  const { missing } = kindOf("ping")!;
  assert.match(
    missing!({ mayPing: () => false })!,
    /^Ping is not possible here: .* Ask a TCP port instead\.$/,
  );
  assert.equal(missing!({ mayPing: () => true }), null);
});
