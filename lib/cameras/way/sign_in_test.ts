import assert from "node:assert/strict";
import { challengeOf, newDoor } from "../../../tests/support/cameras/asking.ts";
import { challengesIn, createSignIn } from "./sign_in.ts";

const MUFASA = { user: "Mufasa", password: "CircleOfLife" };

Deno.test("Digest without qop: the example of RFC 2069, as its errata has it", () => {
  const signIn = createSignIn(MUFASA);
  const asked = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  assert.equal(signIn.header("GET", "/dir/index.html"), null);
  assert.ok(signIn.asked(asked, 0));
  const header = signIn.header("GET", "/dir/index.html")!;
  assert.match(header, /response="1949323746fe6a43ef61f9606e7febea"/);
  assert.match(header, /opaque="5ccc069c403ebaf9f0171e9517f40e41"/);
});

Deno.test("every form of Digest, and Basic, opens the door that asked for it, again and again", () => {
  const odd = { user: "perch", password: 'p:"ä\\=,' };
  for (const user of [{ user: "perch", password: "secret" }, odd]) {
    for (
      const form of [{}, { qop: "auth" }, { qop: "auth-int,auth" }, {
        qop: "auth",
        algorithm: "SHA-256" as const,
      }, { auth: "basic" as const }]
    ) {
      const door = newDoor({ auth: "digest", ...user, ...form });
      const signIn = createSignIn(user);
      const knock = () => {
        const header = signIn.header("PLAY", "rtsp://a/x");
        const head = `PLAY rtsp://a/x RTSP/1.0\r\n${header ? `Authorization: ${header}\r\n` : ""}`;
        return challengeOf(door, "PLAY", head);
      };
      assert.ok(signIn.asked(knock()!, 0));
      for (let times = 0; times < 3; times++) assert.equal(knock(), null, JSON.stringify(form));
      door.nonce = "n-2";
      if (door.auth === "digest") assert.ok(signIn.asked(knock()!, 0));
      assert.equal(knock(), null, "after the nonce was too old");
    }
  }
});

Deno.test("a wrong password is tried once for each request, a stale answer once more", () => {
  const signIn = createSignIn(MUFASA);
  const asked = (nonce: string, more = "") => `Digest realm="r", nonce="${nonce}"${more}`;
  assert.ok(signIn.asked(asked("1"), 0));
  assert.equal(signIn.asked(asked("2"), 1), false);
  assert.ok(signIn.asked(asked("3", ", stale=TRUE"), 1));
  assert.equal(signIn.asked(asked("4", ", stale=true"), 2), false);
  assert.equal(createSignIn(null).asked(asked("1"), 0), false);
});

Deno.test("Digest goes before Basic, the stronger hash first; what cannot be answered is passed over", () => {
  const asked =
    'Basic realm="a, b", Digest realm="x", nonce="1", algorithm=MD5, qop="auth", Digest realm="x", ' +
    'nonce="2", algorithm=SHA-256, qop="auth", Digest realm="x", nonce="3", algorithm=SHA-512-256, Bearer';
  assert.deepEqual(challengesIn(asked).map(({ scheme }) => scheme), [
    "basic",
    "digest",
    "digest",
    "digest",
  ]);
  const signIn = createSignIn(MUFASA);
  assert.ok(signIn.asked(asked, 0));
  assert.match(signIn.header("GET", "/")!, /^Digest .*nonce="2".*algorithm=SHA-256, qop=auth, nc=/);
  const basic = createSignIn(MUFASA);
  assert.ok(basic.asked('Digest realm="x", nonce="1", qop="auth-int", Basic realm="x"', 0));
  assert.match(basic.header("GET", "/")!, /^Basic /);
  for (const none of ["", "Bearer", "Negotiate abc==", "Digest", 'Digest realm="x"', "=,=,="]) {
    assert.equal(createSignIn(MUFASA).asked(none, 0), false, none);
  }
});

Deno.test("what a camera asks cannot break the line of a header", () => {
  const signIn = createSignIn({ user: "a\r\nX: 1", password: "b" });
  assert.ok(signIn.asked('Digest realm="x\r\ny", nonce="1\\"2"', 0));
  assert.doesNotMatch(signIn.header("GET", "/")!, /[\r\n]/);
});
