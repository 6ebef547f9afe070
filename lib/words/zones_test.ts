import assert from "node:assert/strict";
import { isZone, zoneNamed } from "./zones.ts";

Deno.test("zones: one spelling of each, and names alone", () => {
  for (const spelt of ["europe/berlin", "EUROPE/BERLIN", "Europe/Berlin"]) {
    assert.equal(zoneNamed(spelt), "Europe/Berlin");
  }
  for (const name of ["Asia/Kolkata", "US/Pacific", "Etc/GMT+3", "UTC", "America/Port-au-Prince"]) {
    assert.equal(zoneNamed(name), name);
  }
  for (const none of ["", "x", "Europe/Atlantis", "+01:23", "2026-01-05T12:00Z", "a".repeat(99)]) {
    assert.equal(isZone(none), false, none);
  }
  assert.ok(Intl.supportedValuesOf("timeZone").every(isZone));
});
