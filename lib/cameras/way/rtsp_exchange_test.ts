import assert from "node:assert/strict";
import fc from "fast-check";
import { challengeOf, newDoor } from "../../../tests/support/cameras/asking.ts";
import { FeedError } from "../fault.ts";
import { createExchange } from "./rtsp_exchange.ts";
import { createFraming, NoRtsp, type RtspMessage } from "./rtsp_framing.ts";
import { readAddress } from "./target.ts";

const RELAY = "rtsp://127.0.0.1:4000";
const SECRET = "canary";
const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

function message(words: string): RtspMessage {
  const [piece] = createFraming()(Uint8Array.from(words, (letter) => letter.charCodeAt(0)));
  assert.ok(piece.kind === "message");
  return piece.message;
}

function exchange(url = `rtsp://perch:${SECRET}@camera.lan/live?key=${SECRET}`) {
  const between = createExchange(RELAY, readAddress(url, ["rtsp"]));
  return {
    ...between,
    ask: (method: string, path = "/camera", number = 1) =>
      text(between.ask(message(`${method} ${RELAY}${path} RTSP/1.0\r\nCSeq: ${number}\r\n\r\n`))),
    heard(words: string) {
      const said = between.heard(message(words));
      return said && { to: said.to, text: text(said.bytes) };
    },
    fault(words: string): FeedError {
      try {
        between.heard(message(words));
      } catch (error) {
        assert.ok(error instanceof FeedError);
        assert.doesNotMatch(error.message, /canary/);
        return error;
      }
      throw new Error("there was no fault");
    },
  };
}

const answer = (status: string, number: number, more = "", body = "") =>
  `RTSP/1.0 ${status}\r\nCSeq: ${number}\r\n${more}` +
  `${body === "" ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;

Deno.test("requests go to the real address, and what the camera calls itself never comes back", () => {
  const { ask, heard } = exchange();
  assert.match(ask("DESCRIBE"), /^DESCRIBE rtsp:\/\/camera\.lan\/live\?key=canary RTSP\/1\.0\r\n/);
  const base = `Content-Base: rtsp://10.0.0.9:554/live?key=${SECRET}/\r\n`;
  const sdp =
    `v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=control:rtsp://169.254.169.254/${SECRET}/1\r\n` +
    "m=audio 0 RTP/AVP 0\r\na=control:track2\r\n";
  const said = heard(answer("200 OK", 1, `${base}Content-Type: application/sdp\r\n`, sdp))!;
  assert.equal(said.to, "client");
  assert.doesNotMatch(said.text, /canary|10\.0\.0\.9|169\.254|camera\.lan/);
  const [, control] = /a=control:(rtsp:\S+)/.exec(said.text)!;
  const [, named] = /Content-Base: (\S+)/.exec(said.text)!;
  const [head, body] = said.text.split("\r\n\r\n");
  assert.equal(Number(/content-length: (\d+)/i.exec(head)![1]), body.length);
  // What it named is asked for by its own name, on the same connection.
  const path = (url: string) => url.slice(RELAY.length);
  assert.match(ask("SETUP", path(control)), /^SETUP rtsp:\/\/169\.254\.169\.254\/canary\/1 RTSP/);
  assert.match(
    ask("SETUP", `${path(named)}track2`),
    /^SETUP rtsp:\/\/10\.0\.0\.9:554\/live\?key=canary\/track2 RTSP/,
  );
  assert.match(
    ask("SETUP", "/camera/track2"),
    /^SETUP rtsp:\/\/camera\.lan\/live\?key=canary\/tra/,
  );
});

Deno.test("an address that ends in a slash keeps it, and gets no second one", () => {
  const slash = exchange("rtsp://camera.lan/");
  assert.equal(slash.url, `${RELAY}/camera/`);
  assert.match(slash.ask("DESCRIBE", "/camera/"), /^DESCRIBE rtsp:\/\/camera\.lan\/ RTSP/);
  const said = slash.heard(answer("200 OK", 1, "Content-Base: rtsp://camera.lan/\r\n"))!;
  assert.match(said.text, /Content-Base: rtsp:\/\/127\.0\.0\.1:4000\/camera\/\r\n/);
  assert.match(slash.ask("SETUP", "/camera/track1"), /^SETUP rtsp:\/\/camera\.lan\/track1 RTSP/);
  assert.equal(exchange("rtsp://camera.lan/live").url, `${RELAY}/camera`);
});

Deno.test("what was never named is not asked for", () => {
  const { ask } = exchange();
  for (const path of ["/other", "/part9", "/", "", "@10.0.0.1/"]) {
    assert.throws(() => ask("DESCRIBE", path), NoRtsp, path);
  }
  const { ask: direct } = createExchange(RELAY, readAddress("rtsp://a/", ["rtsp"]));
  assert.throws(() => direct(message("DESCRIBE rtsp://10.0.0.1/ RTSP/1.0\r\n\r\n")), NoRtsp);
});

Deno.test("a camera that asks gets a signed request; ffmpeg sees its own numbers and no question", () => {
  const door = newDoor({ auth: "digest", password: SECRET, qop: "auth" });
  const { ask, heard } = exchange();
  const first = ask("DESCRIBE", "/camera", 7);
  assert.doesNotMatch(first, /authorization/i);
  const asked = `WWW-Authenticate: ${challengeOf(door, "DESCRIBE", first)}\r\n`;
  const again = heard(answer("401 No", 1, asked))!;
  assert.equal(again.to, "camera");
  assert.match(again.text, /CSeq: 2\r\n/);
  assert.equal(challengeOf(door, "DESCRIBE", again.text), null);
  const said = heard(answer("200 OK", 2))!;
  assert.match(said.text, /CSeq: 7\r\n/);
  // From now on it is signed at once, until the nonce is too old.
  const next = ask("SETUP", "/camera/1", 8);
  assert.equal(challengeOf(door, "SETUP", next), null);
  door.nonce = "n-2";
  const stale = `WWW-Authenticate: ${challengeOf(door, "SETUP", next)}\r\n`;
  const mended = heard(answer("401 No", 3, stale))!;
  assert.equal(challengeOf(door, "SETUP", mended.text), null);
});

Deno.test("a password that is wrong, or was changed meanwhile, is a fault of signing in", () => {
  const { ask, heard, fault } = exchange();
  ask("DESCRIBE");
  heard(answer("401 No", 1, 'WWW-Authenticate: Digest realm="r", nonce="1"\r\n'));
  assert.equal(
    fault(answer("401 No", 2, 'WWW-Authenticate: Digest realm="r", nonce="2"\r\n')).fault,
    "sign_in",
  );
  const nobody = exchange("rtsp://camera.lan/live");
  nobody.ask("DESCRIBE");
  const missing = nobody.fault(answer("401 No", 1, 'WWW-Authenticate: Basic realm="r"\r\n'));
  assert.match(missing.message, /asks for a user name/);
});

Deno.test("redirects end it, by answer or by request, and say where they lead without secrets", () => {
  const to = `Location: rtsp://u:${SECRET}@169.254.169.254:80/live?key=${SECRET}\r\n`;
  for (const status of ["301 Moved", "302 Found", "305 Proxy"]) {
    const one = exchange();
    one.ask("DESCRIBE");
    const { fault, message } = one.fault(answer(status, 1, to));
    assert.deepEqual([fault, /rtsp:\/\/169\.254\.169\.254:80\/live\./.test(message)], [
      "no_picture",
      true,
    ], message);
  }
  const asked = exchange().fault(`REDIRECT rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n${to}\r\n`);
  assert.equal(asked.fault, "no_picture");
  const inPath = exchange(`rtsp://perch:${SECRET}@camera.lan/${SECRET}/live`);
  inPath.ask("DESCRIBE");
  inPath.fault(answer("301 Moved", 1, `Location: rtsp://camera.lan/${SECRET}/live/\r\n`));
});

Deno.test("refusals say what to do; what ffmpeg asks beside pictures may fail", () => {
  for (
    const [status, words] of [["404 Not Found", /path/], ["453 Not Enough", /viewers/], [
      "461 x",
      /TCP/,
    ], ["400 ?", /address/]] as const
  ) {
    const one = exchange();
    one.ask("SETUP");
    assert.match(one.fault(answer(status, 1)).message, words);
  }
  const { ask, heard } = exchange();
  ask("GET_PARAMETER");
  assert.match(heard(answer("501 Not Implemented", 1))!.text, /^RTSP\/1\.0 501/);
});

Deno.test("whatever a camera answers, ffmpeg hears of no other host, and what is wrong is a fault", () => {
  const url = fc.constantFrom("rtsp://", "http://", "//", "file:///", "").chain((scheme) =>
    fc.constantFrom("evil.test/x", "10.0.0.9:554/live?key=canary/", "", "[::1", "a b").map((rest) =>
      scheme + rest
    )
  );
  const header = fc.tuple(
    fc.constantFrom("Content-Base", "Content-Location", "RTP-Info", "WWW-Authenticate", "X"),
    fc.constantFrom("", "url=", "Digest ", 'Basic realm="', "Digest realm=a,nonce=b,qop="),
    url,
  ).map(([name, begin, rest]) => `${name}: ${begin}${rest}\r\n`);
  const status = fc.constantFrom("200 OK", "401 No", "100 Wait", "999 ?", "x");
  const body = fc.array(url.map((where) => `a=control:${where}\r\n`), { maxLength: 4 });
  fc.assert(
    fc.property(status, fc.array(header), body, (first, headers, controls) => {
      const one = exchange();
      one.ask("GET_PARAMETER");
      const type = "Content-Type: application/sdp\r\n";
      try {
        const said = one.heard(answer(first, 1, headers.join("") + type, controls.join("")));
        if (said?.to !== "client") return;
        const [head, sdp = ""] = said.text.split("\r\n\r\n");
        const named = [...sdp.matchAll(/^a=control:(\w+:\/\/\S+)/gm)].map(([, where]) => where);
        const base = /^content-(?:base|location): (\w+:\/\/\S+)/im.exec(head)?.[1] ?? RELAY;
        for (const where of [...named, base]) assert.ok(where.startsWith(RELAY), where);
      } catch (error) {
        assert.ok(error instanceof FeedError, `${error}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("requests of the camera are answered and not handed on; answers to nothing are dropped", () => {
  const { heard } = exchange();
  const alive = heard("GET_PARAMETER rtsp://a/ RTSP/1.0\r\nCSeq: 5\r\nSession: 1\r\n\r\n")!;
  assert.deepEqual([alive.to, alive.text], [
    "camera",
    "RTSP/1.0 200 OK\r\nCSeq: 5\r\nSession: 1\r\n\r\n",
  ]);
  assert.match(heard("ANNOUNCE rtsp://a/ RTSP/1.0\r\nCSeq: 6\r\n\r\n")!.text, /501/);
  assert.equal(heard(answer("200 OK", 99)), null);
});
