import assert from "node:assert/strict";
import { parseTarget } from "./targets.ts";

Deno.test("parseTarget: scripts and named settings, and nothing else", () => {
  assert.deepEqual(parseTarget("codecs/pump.js"), { script: { kind: "codec", name: "pump" } });
  assert.deepEqual(parseTarget("fault_detectors/night_shift.js"), {
    script: { kind: "fault_detector", name: "night_shift" },
  });
  assert.deepEqual(parseTarget("setting:readings.keep_days"), { setting: "readings.keep_days" });
  const others = [
    ...[
      "",
      "codecs/",
      "codecs/.js",
      "codecs/a.ts",
      "codecs/a.js/",
      "/codecs/a.js",
      "./codecs/a.js",
    ],
    ...["codecs/../perch.db", "codecs/..js", "codecs/a/b.js", "codecs/a\0.js", "codecs/a.js\n"],
    ...[
      "..",
      "perch.db",
      "jwt.key",
      "drivers/a.js",
      "CODECS/a.js",
      "codecs\\a.js",
      "codecs/%2e.js",
    ],
    ...[
      "setting:access.jwt",
      "setting:outgoing.networks",
      "setting:ai.model",
      "setting:",
      "setting:x",
    ],
    ...["setting:readings.keep_days\n", "setting:notify.smtp", "codecs/a.js.before-1.bak"],
  ];
  for (const other of others) assert.equal(parseTarget(other), null, JSON.stringify(other));
});
