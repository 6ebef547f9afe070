import assert from "node:assert/strict";
import { Hono } from "hono";
import { createViewerZone } from "./viewer_zone.ts";

Deno.test("viewer's zone: that of the cookie in its one spelling, else the site's", async () => {
  let site = "UTC";
  const viewer = createViewerZone(() => site);
  const app = new Hono().get("*", (c) => viewer.within(c, () => c.text(viewer.zone())));
  const shown = async (zone: string, path = "/") =>
    await (await app.request(path, { headers: { cookie: `zone=${zone}` } })).text();
  assert.equal(await shown("Europe/Berlin"), "Europe/Berlin");
  assert.equal(await shown("eUROPE/bERLIN"), "Europe/Berlin");
  assert.equal(await shown("+01:23"), "UTC");
  assert.equal(await shown("Europe/Berlin", "/api/alarms"), "UTC");
  site = "Asia/Tokyo";
  assert.equal(await shown("+01:23"), "Asia/Tokyo");
});
