import assert from "node:assert/strict";
import { deviceOf } from "./browsers.ts";

Deno.test("deviceOf: browser and system, of programs their first word", () => {
  const cases: [string, string][] = [
    [
      "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
      "Firefox on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
      "Safari on iPhone",
    ],
    ["curl/8.5.0", "curl"],
    ["Mozilla/5.0 (compatible)", "A browser"],
    ["", "A browser"],
  ];
  for (const [agent, said] of cases) assert.equal(deviceOf(agent), said);
});
