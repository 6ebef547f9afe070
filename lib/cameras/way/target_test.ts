import assert from "node:assert/strict";
import { PerchError } from "../../base/errors.ts";
import { type CameraScheme, readAddress, splitSignIn, withPassword } from "./target.ts";

const RTSP: CameraScheme[] = ["rtsp", "rtsps"];
const HTTP: CameraScheme[] = ["http", "https"];

Deno.test("readAddress gives host and port, and takes user and password out", () => {
  const read = readAddress(" rtsp://admin:p%40ss@Camera.lan/live?a=1&b=2#x ", RTSP);
  assert.deepEqual(read, {
    scheme: "rtsp",
    url: "rtsp://camera.lan/live?a=1&b=2",
    host: "camera.lan",
    port: 554,
    user: "admin",
    password: "p@ss",
  });
  const port = (text: string, schemes = RTSP) => readAddress(text, schemes).port;
  assert.deepEqual([port("rtsp://a:80/"), port("rtsp://a:8554"), port("rtsps://a")], [
    80,
    8554,
    322,
  ]);
  assert.deepEqual([port("http://a", HTTP), port("https://a/x", HTTP)], [80, 443]);
  assert.equal(readAddress("rtsp://a:80/x", RTSP).url, "rtsp://a:80/x");
  assert.equal(readAddress("RTSP://[FD00::20]:554/x", RTSP).url, "rtsp://[fd00::20]/x");
  assert.equal(readAddress("rtsp://[fd00::20]/x", RTSP).host, "fd00::20");
});

Deno.test("readAddress keeps paths as cameras have them, and lets nothing break the line of a request", () => {
  const path = "/user=admin&password=&channel=1&stream=0.sdp?";
  assert.equal(readAddress(`rtsp://a${path}`, RTSP).url, `rtsp://a${path}`);
  const broken = readAddress("rtsp://a/x y\r\nCSeq: 9\t?a b\n", RTSP).url;
  assert.doesNotMatch(broken, /\s/);
});

Deno.test("readAddress: an address written strangely is the address that it means", () => {
  for (const host of ["0x7f.1", "2130706433", "127.1", "%31%32%37.0.0.1", "１２７.０.０.１"]) {
    assert.equal(readAddress(`rtsp://${host}/`, RTSP).host, "127.0.0.1", host);
  }
});

Deno.test("readAddress says what is wrong with what is no address, without repeating it", () => {
  const wrong: [string, RegExp][] = [
    ["", /missing/],
    ["camera", /begin with rtsp:\/\/ or rtsps:\/\//],
    ["192.168.1.20:554/live", /begin with/],
    ["/etc/passwd", /path of a file/],
    ["C:\\video.avi", /path of a file/],
    ["file:///etc/passwd", /begins with file:/],
    ["concat:/etc/passwd|/etc/shadow", /begins with concat:/],
    ["http://a/", /begins with http:/],
    ["rtsp:/etc/passwd", /names no host/],
    ["rtsp://", /names no host/],
    ["rtsp:///x", /names no host/],
    ["rtsp://a:0/", /is none/],
    ["rtsp://a:99999/", /is none/],
    ["rtsp://a b/", /is none/],
    ["rtsp://%zz:canary@a/", /is none/],
    ["rstp://admin:canary@a/", /begins with rstp:/],
    [`rtsp://a/${"x".repeat(3000)}`, /longer than 2000/],
  ];
  for (const [text, pattern] of wrong) {
    assert.throws(() => readAddress(text, RTSP), (error) => {
      assert.ok(error instanceof PerchError, text);
      assert.equal(error.errors[0].path, "options.url");
      assert.match(error.message, pattern, text);
      assert.doesNotMatch(error.message, /canary|passwd/);
      return true;
    });
  }
});

Deno.test("splitSignIn makes a password of the address a secret, and leaves everything else", () => {
  const options = { url: "rtsp://admin:p%40ss@a/live", user: "", fps: 5 };
  assert.deepEqual(splitSignIn(options), {
    url: "rtsp://a/live",
    user: "admin",
    password: "p@ss",
    fps: 5,
  });
  const others = [{ url: "rtsp://a/x@y" }, { url: 5 }, { path: "/dev/video0" }, {
    url: "rtsp://@a/",
  }, { url: "file://u:p@a/" }];
  for (const other of others) assert.deepEqual(splitSignIn(other), other);
});

Deno.test("splitSignIn takes a password out of path and query, and withPassword puts it back", () => {
  const cases = [
    ["rtsp://a:554/user=admin&password=p%26x&channel=1&stream=0.sdp", "p&x"],
    ["rtsp://a/user=admin_password=tlJw_channel=1", "tlJw"],
    ["http://a/cgi?usr=admin&pwd=p1", "p1"],
    ["http://u:p1@a/cgi?loginuse=u&PWD=p1", "p1"],
    ["http://a/cgi?loginuse=u&loginpas=p1&x=1", "p1"],
  ];
  for (const [url, password] of cases) {
    const split = splitSignIn({ url });
    assert.equal(split.password, password, url);
    assert.doesNotMatch(String(split.url), new RegExp(`=${password.slice(0, 2)}`), url);
    assert.match(String(split.url), /\{password\}/);
    const whole = withPassword(String(split.url), password);
    assert.equal(decodeURIComponent(whole), decodeURIComponent(url.replace("u:p1@", "")));
    assert.deepEqual(splitSignIn(split), split, "once is enough");
  }
  const other = { url: "http://a/cgi?pwd=one", password: "two" };
  assert.deepEqual(splitSignIn(other), other);
  const none = { url: "rtsp://a/compass=5/passwords" };
  assert.deepEqual(splitSignIn(none), none);
});
