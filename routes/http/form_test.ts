import assert from "node:assert/strict";
import fc from "fast-check";
import { localPath } from "./form.ts";

Deno.test("localPath lets paths of this Perch through", () => {
  for (
    const path of ["/", "/alarms", "/sensors/a%2Fb?range=7d", "/alarms?show=open&machine=hall"]
  ) {
    assert.equal(localPath(path), path);
  }
  assert.equal(localPath("/a/../alarms"), "/alarms");
});

Deno.test("localPath gives / for what leads elsewhere, also once it is normalised", () => {
  for (
    const path of [
      undefined,
      "",
      "alarms",
      "//evil.example",
      "/\\evil.example",
      "/..//evil.example",
      "/.//evil.example",
      "/a/..//evil.example",
      "/a/../..//evil.example/x",
      "/%2e%2e//evil.example",
      "/%2E//evil.example",
      "/..\\\\evil.example",
      "/../\\evil.example",
      "/a/..\\/evil.example",
      "https://evil.example",
      "http://perch.invalid//evil.example",
      "/\tx",
      "/\n//evil.example",
      "javascript:alert(1)",
    ]
  ) assert.equal(localPath(path), "/", String(path));
});

Deno.test("localPath never leaves this Perch, whatever comes", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "%2e",
    "%2f",
    "%5c",
    "evil.example",
    "a",
    "?",
    "#",
    "@",
    ":",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = localPath("/" + pieces.join(""));
      for (const own of ["http://perch.local:8080", "https://perch.local"]) {
        assert.equal(new URL(path, own + "/sign-in").origin, own);
      }
    }),
    { numRuns: 5_000 },
  );
});
