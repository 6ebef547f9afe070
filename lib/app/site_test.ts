import assert from "node:assert/strict";
import { siteZone } from "./site.ts";

Deno.test("siteZone follows the setting, and works the host's zone out once", () => {
  let set = "";
  // deno-lint-ignore no-explicit-any
  const zone = siteZone({ get: () => set as any });
  const host = zone();
  const whole = Intl.DateTimeFormat;
  try {
    // Every machine asks for it every second.
    Intl.DateTimeFormat = (() => {
      throw new Error("worked out again");
    }) as unknown as typeof whole;
    assert.equal(zone(), host);
    set = "Asia/Tokyo";
    assert.equal(zone(), "Asia/Tokyo");
    set = "";
    assert.equal(zone(), host);
  } finally {
    Intl.DateTimeFormat = whole;
  }
});
