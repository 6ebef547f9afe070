import assert from "node:assert/strict";
import { haveCommands } from "../../../tests/support/commands.ts";
import { type FaultyRtsp, startFaultyRtsp } from "../../../tests/support/cameras/faulty_rtsp.ts";
import { haveRtspServer, startRtspServer } from "../../../tests/support/cameras/rtsp_server.ts";
import {
  readHead,
  send,
  startListener,
  untilLeft,
} from "../../../tests/support/cameras/listener.ts";
import { makeCertificates } from "../../../tests/support/mosquitto.ts";
import { until } from "../../../tests/support/until.ts";
import { createOutgoing } from "../../base/create_outgoing.ts";
import { FeedError } from "../fault.ts";
import { openRtspRelay } from "./rtsp_relay.ts";
import { readAddress } from "./target.ts";
import type { RelayWay } from "./way.ts";

const ignore = !haveRtspServer() || !haveCommands({ ffmpeg: "ffmpeg" });
/** Enough for a host that has much to do, and for those that are silent for good. */
const SILENCE_MS = 5_000;
const SHORT_MS = 300;
const outgoing = createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] });

async function open(
  url: string,
  { signIn = "", signal = new AbortController().signal, silenceMs = SILENCE_MS } = {},
): Promise<RelayWay> {
  const address = readAddress(url.replace("//", `//${signIn}`), ["rtsp", "rtsps"]);
  return await openRtspRelay(address, { outgoing, allowed: null, signal, silenceMs });
}

/** Asks as ffmpeg does as far as PLAY, or until the relay leaves; gives the connection. */
async function play(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  let session = "";
  let track = `${url}/stream=0`;
  for (const [number, method] of ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"].entries()) {
    const ask = `${method} ${method === "SETUP" ? track : url}`;
    const transport = ask.startsWith("SETUP") ? "Transport: RTP/AVP/TCP;interleaved=0-1\r\n" : "";
    const words = `${ask} RTSP/1.0\r\nCSeq: ${number}\r\n${transport}${session}\r\n`;
    await connection.write(new TextEncoder().encode(words));
    const head = await readHead(connection).catch(() => null);
    if (head === null) break;
    assert.match(head, new RegExp(`^RTSP/1.0 200[^]*CSeq: ${number}\r\n`, "i"));
    track = /a=control:(rtsp:\S+)/.exec(head)?.[1] ?? track;
    const found = /^session: *([^;\r]+)/im.exec(head);
    if (found !== null) session = `Session: ${found[1]}\r\n`;
  }
  return connection;
}

/** What is left after the camera did that to a client. */
async function faultOf(way: RelayWay): Promise<FeedError> {
  const client = await play(way.url);
  const fault = await until("the way to break", () => way.fault());
  client.close();
  await way.close();
  return fault;
}

async function withCamera(work: (camera: FaultyRtsp) => Promise<void>): Promise<void> {
  await using server = await startRtspServer({ codec: "mjpeg", fps: 25 });
  await using camera = startFaultyRtsp(server, { auth: "digest", qop: "auth" });
  await work(camera);
  await until("every connection to close", () => camera.open() === 0 || null);
}

const SIGN_IN = "perch:secret@";

Deno.test({
  name:
    "RTSP relay: ffmpeg gets H.264 of a camera that asks for a Digest, and learns nothing of it",
  ignore,
  async fn() {
    const password = "canary-word";
    await using server = await startRtspServer({ auth: "digest", password, fps: 25 });
    const way = await open(server.url, { signIn: `perch:${password}@` });
    const args = ["-loglevel", "debug", "-nostdin", "-rtsp_transport", "tcp"]
      .concat(["-analyzeduration", "100000", "-i", way.url, "-frames:v", "3", "-f", "null", "-"]);
    const { code, stderr } = await new Deno.Command("ffmpeg", { args, stderr: "piped" }).output();
    const log = new TextDecoder().decode(stderr);
    assert.equal(code, 0, log.slice(-500));
    for (const word of [password, `:${server.port}`, "401 Unauth"]) {
      assert.ok(!log.includes(word), word);
    }
    await way.close();
    assert.equal(way.fault(), null);
    assert.ok(way.bytes() > 1000);
  },
});

Deno.test({
  name: "RTSP relay: what cameras do wrong ends it with a sentence, and no connection stays",
  ignore,
  fn: () =>
    withCamera(async (camera) => {
      const table: [FaultyRtsp["fault"], string, RegExp][] = [
        ["redirect", "no_picture", /sends on to another address \(302\): rtsp:\/\/127\.0\.0\.1:1/],
        ["no_stream", "no_picture", /404 Not Found/],
        ["page", "no_picture", /does not speak RTSP/],
        ["flood", "no_picture", /does not speak RTSP/],
        ["cut", "unreachable", /closed the connection/],
        ["mute", "unreachable", /said nothing/],
      ];
      for (const [fault, kind, words] of table) {
        camera.fault = fault;
        const silenceMs = fault === "mute" ? SHORT_MS : SILENCE_MS;
        const found = await faultOf(await open(camera.url, { signIn: SIGN_IN, silenceMs }));
        assert.deepEqual([fault, found.fault], [fault, kind], found.message);
        assert.match(found.message, words);
        assert.doesNotMatch(found.message, /hidden|secret/);
      }
    }),
});

Deno.test({
  name:
    "RTSP relay: pictures of a camera that names another host come all the same, by the same connection",
  ignore,
  fn: () =>
    withCamera(async (camera) => {
      camera.fault = "elsewhere";
      const way = await open(camera.url, { signIn: SIGN_IN, silenceMs: 4 * SHORT_MS });
      const client = await play(way.url);
      const before = way.bytes();
      await until("pictures", () => way.bytes() > before + 5_000 || null);
      assert.match(
        camera.requests.join(),
        /SETUP rtsp:\/\/169\.254\.169\.254:554\/live\/stream=0 /,
      );
      assert.equal(camera.open(), 1);
      // Half-open: the connections stay, and nothing comes.
      camera.fault = "half_open";
      const fault = await until("silence to be seen", () => way.fault());
      assert.match(fault.message, /said nothing for/);
      client.close();
      await way.close();
    }),
});

Deno.test({
  name: "RTSP relay: a password that was changed is a fault of signing in at the next start",
  ignore,
  fn: () =>
    withCamera(async (camera) => {
      camera.door.nonce = "n-2";
      const good = await open(camera.url, { signIn: SIGN_IN });
      (await play(good.url)).close();
      await good.close();
      assert.equal(good.fault(), null);
      camera.door.password = "changed";
      assert.equal((await faultOf(await open(camera.url, { signIn: SIGN_IN }))).fault, "sign_in");
      const nobody = await faultOf(await open(camera.url));
      assert.match(nobody.message, /asks for a user name and a password/);
    }),
});

Deno.test({
  name:
    "RTSP relay: one client and no other; an abort closes all of it, before and after a client came",
  ignore,
  fn: () =>
    withCamera(async (camera) => {
      const first = new AbortController();
      const way = await open(camera.url, { signIn: SIGN_IN, signal: first.signal });
      const client = await play(way.url);
      const { hostname, port } = new URL(way.url);
      await assert.rejects(Deno.connect({ hostname, port: Number(port) }));
      first.abort();
      await way.close();
      assert.equal(await client.read(new Uint8Array(1)).catch(() => null), null);
      client.close();
      assert.equal(way.fault(), null);
      const second = new AbortController();
      const idle = await open(camera.url, { signal: second.signal });
      second.abort();
      await idle.close();
      await assert.rejects(open(camera.url, { signal: AbortSignal.abort() }));
    }),
});

const GATHER_MS = 100;

Deno.test("RTSP relay: what is gathered for one write is no older than that, whatever came before", async () => {
  const packets = 50;
  const length = 100;
  await using camera = startListener(async (connection) => {
    await readHead(connection);
    await send(connection, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n");
    for (let n = 0; n < packets; n++) {
      const packet = Uint8Array.from([36, 0, 0, length, ...new Uint8Array(length).fill(n)]);
      await send(connection, packet);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await untilLeft(connection);
  });
  const address = readAddress(`rtsp://127.0.0.1:${camera.port}/`, ["rtsp"]);
  const { signal } = new AbortController();
  /** When all has come. */
  async function allCame(gatherMs: number): Promise<number> {
    const way = await openRtspRelay(address, { outgoing, allowed: null, signal, gatherMs });
    const { hostname, port } = new URL(way.url);
    const client = await Deno.connect({ hostname, port: Number(port) });
    await send(client, `PLAY ${way.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
    const head = (await readHead(client))!;
    const buffer = new Uint8Array(65_536);
    // The first packets may have come with the head.
    let bytes = head.length - head.indexOf("\r\n\r\n") - 4;
    while (bytes < packets * (length + 4)) {
      bytes += await client.read(buffer) ?? assert.fail("the relay left");
    }
    client.close();
    await way.close();
    return performance.now();
  }
  // Both at once, as the host may be busy. A packet for each write would be done seconds later.
  const [atOnceMs, gatheredMs] = await Promise.all([allCame(0), allCame(GATHER_MS)]);
  const lateMs = gatheredMs - atOnceMs;
  assert.ok(lateMs < packets * GATHER_MS / 4, `${lateMs} ms late`);
});

Deno.test({
  name: "RTSP relay: rtsps is TLS as far as the camera; a certificate of nobody known is said",
  ignore: ignore || !haveCommands({ openssl: "openssl" }),
  async fn() {
    const folder = await Deno.makeTempDir();
    const { ca, cert, key } = await makeCertificates(folder);
    const [caText, certText, keyText] = await Promise.all(
      [ca, cert, key].map((file) => Deno.readTextFile(file)),
    );
    await Deno.remove(folder, { recursive: true });
    await using server = await startRtspServer({ codec: "mjpeg", fps: 25 });
    const doors = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certText, key: keyText });
    const serving = passOn(doors, server.port);
    const url = `rtsps://localhost:${doors.addr.port}/live`;
    const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 as const }]);
    const guard = { allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [], resolve };
    const openBy = (outgoing: ReturnType<typeof createOutgoing>) =>
      openRtspRelay(readAddress(url, ["rtsps"]), {
        outgoing,
        allowed: null,
        signal: new AbortController().signal,
      });
    const way = await openBy(createOutgoing({ ...guard, ca: [caText] }));
    const client = await play(way.url);
    await until("pictures", () => way.bytes() > 5_000 || null);
    client.close();
    await way.close();
    assert.equal(way.fault(), null);
    await assert.rejects(openBy(createOutgoing(guard)), /OUTGOING_CA/);
    doors.close();
    await serving;
  },
});

/** Hands each connection on to a port, decrypted. */
async function passOn(from: Deno.TlsListener, port: number): Promise<void> {
  const passed: Promise<unknown>[] = [];
  for (;;) {
    const client = await from.accept().catch(() => null);
    if (client === null) break;
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    passed.push(
      client.readable.pipeTo(server.writable).catch(() => {}),
      server.readable.pipeTo(client.writable).catch(() => {}),
    );
  }
  await Promise.all(passed);
}

Deno.test("RTSP relay: nobody there and a closed address are said before ffmpeg is started", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const fault = async (url: string, change = {}) => {
    const deps = { outgoing, allowed: null, signal: new AbortController().signal, ...change };
    return await openRtspRelay(readAddress(url, ["rtsp", "rtsps"]), deps).then(
      () => assert.fail("there was no fault"),
      (error) => error as FeedError,
    );
  };
  assert.equal((await fault(`rtsp://127.0.0.1:${port}/`)).fault, "unreachable");
  const closed = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
  const own = await fault("rtsp://127.0.0.1/x", { outgoing: closed });
  assert.match(own.message, /closed/);
  const lan = await fault("rtsp://192.168.7.7/x", { outgoing: closed, allowed: "192.168.7.8:554" });
  assert.deepEqual([lan.fault, lan.message], [
    "not_allowed",
    "An admin has to allow 192.168.7.7:554 for this camera first.",
  ]);
});
