/**
 * HTTPS of Perch's own, with clients that trust its authority alone. `SABOTAGE=renewal` closes the listener of
 * before at once, as a plain restart would.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLog } from "../../lib/base/log.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { servePages } from "../../lib/app/tls.ts";
import { createSockets } from "../../lib/live/sockets.ts";
import { openOwn } from "../../lib/tls/own.ts";
import { startApp } from "../support/app.ts";
import { unpackFiles } from "../support/backup.ts";
import { sabotaged } from "../support/sabotage.ts";

const NAMES = { dns: ["localhost"], ips: ["127.0.0.1", "::1"] };

Deno.test("https: who trusts the authority is served; plain HTTP sends browsers there and takes no secrets", async () => {
  const under = await startApp({ PERCH_TLS: "auto", PERCH_TLS_PORT: "0" });
  try {
    const { url, secureUrl } = under;
    const pem = await (await fetch(`${url}/trust/ca.pem`)).text();
    using client = Deno.createHttpClient({ caCerts: [pem] });
    const page = await fetch(`${secureUrl}/trust`, { client });
    assert.match(await page.text(), /SHA-256/);
    await assert.rejects(fetch(`${secureUrl}/trust`));

    const token = (await Deno.readTextFile(join(under.dataDir, "setup-token"))).trim();
    const form = { token, email: "ada@example.org", password: "my own words" };
    const headers = { "sec-fetch-site": "same-origin" };
    const setUp = await fetch(`${secureUrl}/setup`, {
      ...{ client, headers, method: "POST", redirect: "manual" },
      body: new URLSearchParams(form),
    });
    assert.equal(setUp.status, 303, await setUp.text());
    assert.match(setUp.headers.get("set-cookie")!, /^__Host-perch=.*; Secure$/);

    const { backup: { backups }, push } = under.app.parts();
    await push.vapid();
    const there = [...Deno.readDirSync(under.dataDir)].map(({ name }) => name);
    for (const name of ["tls", "push.key"]) assert.ok(there.includes(name), name);
    const { manifest, file } = await backups.run("asked", "test");
    const secret = manifest.files.map(({ path }) => path).filter((path) =>
      /tls|\.pem|push/.test(path)
    );
    assert.deepEqual(secret, [], "no key of HTTPS or of notices leaves with a backup");
    const unpacked = join(under.dataDir, "unpacked");
    await unpackFiles(join(under.dataDir, "backups", file), unpacked);
    const archived = textBelow(unpacked);
    for (const path of ["push.key", "tls/authority.pem", "tls/server.pem"]) {
      const secret = (await Deno.readTextFile(join(under.dataDir, path))).split("PRIVATE KEY")
        .at(path === "push.key" ? 0 : 1)!.trim().split("\n").at(path === "push.key" ? 0 : 2)!;
      assert.ok(secret.length > 20, path);
      assert.equal(archived.includes(secret), false, path);
    }
    // That the look sees what is there: who is notified does leave with it.
    assert.ok(archived.includes("ada@example.org"));
    assert.ok(archived.includes("push_subscriptions"));

    // As a browser or device of the network asks, by this host's name.
    const name = Deno.hostname().toLowerCase();
    const far = (head: string, host = `${name}:8080`) => statusAndPlace(url, head, host);
    const { port } = new URL(secureUrl!);
    assert.deepEqual(await far("GET /alarms?show=all"), [
      307,
      `https://${name}:${port}/alarms?show=all`,
    ]);
    assert.deepEqual(await far("POST /sign-in"), [403, null]);
    assert.deepEqual(await far("POST /api/ingest"), [403, null]);
    assert.deepEqual(await far("GET /alarms", "evil.example"), [421, null]);
    assert.deepEqual(await far("GET /trust"), [200, null]);
    assert.deepEqual(await far("GET /health/live"), [200, null]);
  } finally {
    await under.close();
  }
});

/** All files below a folder, one after the other. */
function textBelow(folder: string): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory
      ? textBelow(path)
      : new TextDecoder("latin1").decode(Deno.readFileSync(path));
  }).join("\n");
}

Deno.test("https: a new certificate is shown without dropping a connection or a stream", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-https-" });
  let names = NAMES;
  const own = await openOwn({
    ...{ folder, hostName: "localhost", names: () => names, now: Date.now, log: silentLog() },
  });
  const sockets = createSockets();
  const pages = servePages({
    config: parseConfig({
      PERCH_HOST: "127.0.0.1",
      PERCH_PORT: "0",
      PERCH_TLS: "auto",
      PERCH_TLS_PORT: "0",
    }),
    certificates: { ...own, lookEveryMs: 1 },
    fetch: (request) =>
      new URL(request.url).pathname === "/stream" ? new Response(ticking()) : new Response("ok"),
    routes: [],
    sockets: sabotaged("renewal") ? { ...sockets, listenersOf: () => null } : sockets,
    clock: systemClock(),
    log: silentLog(),
  });
  const caCerts = [own.authority()!.pem];
  const { port } = pages.secure!;
  const done = new AbortController();
  const task = pages.tasks[0].run(done.signal).catch(() => {});
  try {
    using client = Deno.createHttpClient({ caCerts });
    const stream = await fetch(`https://localhost:${port}/stream`, { client });
    const reader = stream.body!.getReader();
    const before = own.current().cert;

    let answered = 0;
    const faults: string[] = [];
    const hammer = async () => {
      while (!done.signal.aborted) {
        try {
          const connection = await Deno.connectTls({ hostname: "localhost", port, caCerts });
          await connection.write(
            new TextEncoder().encode(
              "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            ),
          );
          const read = await connection.read(new Uint8Array(1_000));
          connection.close();
          if (read === null) throw new Error("closed without an answer");
          answered++;
        } catch (error) {
          faults.push(String(error));
        }
      }
    };
    const hammers = [hammer(), hammer(), hammer(), hammer()];
    const shown = () => shownBy(port, caCerts);
    const first = await shown();
    names = { ...NAMES, ips: ["127.0.0.1", "::1", "10.0.0.9"] };
    while (own.current().cert === before || await shown() === first) await reader.read();
    // Until the listener of before is gone.
    while ((sockets.listenersOf(port) ?? []).length > 1) await reader.read();
    for (let ticks = 0; ticks < 10; ticks++) assert.equal((await reader.read()).done, false);
    done.abort();
    await Promise.all(hammers);
    assert.deepEqual(faults, []);
    assert.ok(answered > 20, `${answered} answers`);
    await reader.cancel();
  } finally {
    done.abort();
    await task;
    await pages.stop(500);
    await Deno.remove(folder, { recursive: true });
  }
});

/** Status and `Location` of an answer over plain HTTP to a request that carries another Host. */
async function statusAndPlace(
  url: string,
  head: string,
  host: string,
): Promise<[number, string | null]> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const request =
    `${head} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return [Number(answer.split(" ")[1]), /^location: (\S+)/im.exec(answer)?.[1] ?? null];
}

/** Something every 20 ms. */
function ticking(): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval>;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(new Uint8Array([46])), 20);
    },
    cancel: () => clearInterval(timer),
  });
}

/** Names in the certificate that a new connection is shown. */
async function shownBy(port: number, ca: string[]): Promise<string> {
  const { connect } = await import("node:tls");
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca, servername: "localhost" }, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
