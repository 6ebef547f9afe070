import assert from "node:assert/strict";
import { type FaultyHttp, startFaultyHttp } from "../../../tests/support/cameras/faulty_http.ts";
import { cameraPictures } from "../../../tests/support/cameras/camera_pictures.ts";
import { readHead, send, startListener } from "../../../tests/support/cameras/listener.ts";
import { haveCommands } from "../../../tests/support/commands.ts";
import { until } from "../../../tests/support/until.ts";
import { createOutgoing } from "../../base/create_outgoing.ts";
import { FeedError } from "../fault.ts";
import { openHttpFeed } from "./http_feed.ts";
import { openHttpStill } from "./http_still.ts";
import { readAddress } from "./target.ts";
import type { StreamWay } from "./way.ts";

const ignore = !haveCommands({ ffmpeg: "ffmpeg" });
/** Enough for a host that has much to do, and for those that are silent for good. */
const SILENCE_MS = 5_000;
const SHORT_MS = 300;
const EVERY_MS = 20;
const outgoing = createOutgoing({ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] });

interface Change {
  signIn?: string;
  signal?: AbortSignal;
  silenceMs?: number;
}
type Open = (url: string, change?: Change) => Promise<StreamWay>;

const opener = (how: typeof openHttpStill): Open => async (url, change = {}) => {
  const { signIn = "", signal = new AbortController().signal, silenceMs = SILENCE_MS } = change;
  const address = readAddress(url.replace("//", `//${signIn}`), ["http", "https"]);
  return await how(address, { outgoing, allowed: null, signal, silenceMs, everyMs: EVERY_MS });
};
const feed = opener(openHttpFeed);
const still = opener(openHttpStill);

async function withCamera(
  door: Partial<FaultyHttp["door"]>,
  work: (camera: FaultyHttp) => Promise<void>,
): Promise<void> {
  await using camera = await startFaultyHttp({ fps: 50, door });
  await work(camera);
  await until("every connection to close", () => camera.open() === 0 || null);
}

/** The pictures of the first parts; fewer, when the camera ends before. */
async function pictures(way: StreamWay, count: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const part of way.stdin) {
    const head = new TextDecoder("latin1").decode(part.subarray(0, 100)).split("\r\n\r\n")[0];
    const length = Number(
      /^--frame\r\nContent-type: image\/jpeg\r\nContent-length: (\d+)$/.exec(head)![1],
    );
    found.push(part.subarray(head.length + 4, head.length + 4 + length));
    if (found.length === count) break;
  }
  return found;
}

async function faultOf(opening: Promise<StreamWay>): Promise<FeedError> {
  try {
    const way = await opening;
    await pictures(way, 1000);
    await way.close();
    return way.fault() ?? assert.fail("there was no fault");
  } catch (error) {
    assert.ok(error instanceof FeedError, `${error}`);
    return error;
  }
}

Deno.test({
  name: "HTTP: pictures of a stream and single ones come byte for byte, signed in every way",
  ignore,
  async fn() {
    const { moving } = await cameraPictures();
    const isOne = (picture: Uint8Array) =>
      moving.some((one) =>
        one.length === picture.length && one.every((b, at) => b === picture[at])
      );
    for (
      const door of [{}, { auth: "basic" }, { auth: "digest" }, {
        auth: "digest",
        qop: "auth",
      }] as const
    ) {
      await withCamera(door, async (camera) => {
        for (const [open, url] of [[feed, camera.streamUrl], [still, camera.stillUrl]] as const) {
          const way = await open(url, { signIn: "perch:secret@" });
          const found = await pictures(way, 3);
          assert.equal(found.length, 3);
          assert.ok(found.every(isOne));
          assert.ok(way.bytes() > 3_000);
          await way.close();
          assert.equal(way.fault(), null);
        }
      });
    }
  },
});

Deno.test({
  name: "HTTP: a wrong length, none, or one picture where a stream was expected change nothing",
  ignore,
  fn: () =>
    withCamera({}, async (camera) => {
      for (const fault of ["wrong_length", "no_length"] as const) {
        camera.fault = fault;
        const way = await feed(camera.streamUrl);
        assert.equal((await pictures(way, 3)).length, 3, fault);
        await way.close();
      }
      camera.fault = "none";
      const one = await feed(camera.stillUrl);
      assert.equal((await pictures(one, 1)).length, 1);
      await one.close();
    }),
});

Deno.test({
  name: "HTTP: heads as small cameras write them are read; what is no HTTP is said to be none",
  ignore,
  async fn() {
    const { moving: [jpeg] } = await cameraPictures();
    const type = "Content-Type: multipart/x-mixed-replace; boundary=b";
    const heads: [string, RegExp | null][] = [
      [`HTTP/1.0 200 OK\n${type}\n\n`, null],
      [`HTTP/1.1 200\r\n${type}\r\nServer: K\xe4mera\r\n\r\n`, null],
      ["220 ready\r\n", /does not speak HTTP/],
      ["RTSP/1.0 400 Bad Request\r\n\r\n", /refuses \(400\)|does not speak HTTP/],
    ];
    for (const [head, words] of heads) {
      await using camera = startListener(async (connection) => {
        await readHead(connection);
        await send(connection, Uint8Array.from(head, (letter) => letter.charCodeAt(0)));
        for (const part of ["--b\r\n\r\n", jpeg, "\r\n--b\r\n"]) await send(connection, part);
      });
      const opening = feed(`http://127.0.0.1:${camera.port}/`);
      if (words !== null) assert.match((await faultOf(opening)).message, words, head);
      else assert.equal((await pictures(await opening, 1)).length, 1, head);
    }
  },
});

Deno.test({
  name: "HTTP: what cameras do wrong is a sentence, and no connection stays",
  ignore,
  fn: () =>
    withCamera({}, async (camera) => {
      camera.location = "http://u:hidden@169.254.169.254/latest?key=hidden";
      camera.floodBytes = 20_000_000;
      const table: [FaultyHttp["fault"], string, RegExp, RegExp?][] = [
        [
          "redirect",
          "no_picture",
          /another address \(302\): http:\/\/169\.254\.169\.254\/latest\./,
        ],
        ["page", "no_picture", /a page, not with pictures/],
        ["error", "no_picture", /refuses \(500\)/],
        ["huge", "no_picture", /8000 × 5001 pixels/],
        ["cut", "unreachable", /ended its pictures/, /cut off|broke within/],
        ["half_open", "unreachable", /said nothing/, /Nothing answers/],
        ["mute", "unreachable", /Nothing answers/],
      ];
      for (const [fault, kind, words, ofStill = words] of table) {
        camera.fault = fault;
        const silenceMs = ["mute", "half_open"].includes(fault) ? SHORT_MS : SILENCE_MS;
        for (
          const [open, url, want] of [[feed, camera.streamUrl, words], [
            still,
            camera.stillUrl,
            ofStill,
          ]] as const
        ) {
          const found = await faultOf(open(url, { silenceMs }));
          assert.deepEqual([fault, found.fault], [fault, kind], found.message);
          assert.match(found.message, want);
          assert.doesNotMatch(found.message, /hidden/);
        }
      }
      camera.fault = "wrong_length";
      assert.match((await faultOf(still(camera.stillUrl))).message, /cut off/);
      camera.fault = "none";
      assert.match((await faultOf(still(camera.streamUrl))).message, /choose the kind/);
      camera.fault = "flood";
      assert.match((await faultOf(feed(camera.streamUrl))).message, /16 MB without a picture/);
    }),
});

Deno.test({
  name: "HTTP: a password that was changed meanwhile is a fault of signing in",
  ignore,
  fn: () =>
    withCamera({ auth: "digest" }, async (camera) => {
      const way = await still(camera.stillUrl, { signIn: "perch:secret@" });
      setTimeout(() => camera.door = { ...camera.door, password: "changed", nonce: "n-2" }, 60);
      await pictures(way, 1000);
      assert.equal(way.fault()?.fault, "sign_in");
      assert.equal((await faultOf(feed(camera.streamUrl))).fault, "sign_in");
    }),
});

Deno.test({
  name: "HTTP: whoever takes no pictures makes the camera wait; an abort closes all of it",
  ignore,
  fn: () =>
    withCamera({}, async (camera) => {
      const abort = new AbortController();
      const way = await feed(camera.streamUrl, { signal: abort.signal, silenceMs: SHORT_MS });
      const reader = way.stdin.getReader();
      await reader.read();
      const before = way.bytes();
      await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_MS));
      // Nobody asked for more, so nothing was read, and that is no silence of the camera.
      assert.ok(way.bytes() - before < 20_000, `${way.bytes() - before} bytes`);
      assert.equal(way.fault(), null);
      abort.abort();
      while (!(await reader.read()).done);
      assert.equal(way.fault(), null);
      await assert.rejects(feed(camera.streamUrl, { signal: AbortSignal.abort() }));
    }),
});
