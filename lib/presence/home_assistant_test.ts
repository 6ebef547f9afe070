import assert from "node:assert/strict";
import {
  announcement,
  type OwnDevice,
  type SiteNow,
  states,
  withdrawal,
} from "./home_assistant.ts";

const OWN: OwnDevice = {
  id: "perch-a",
  prefix: "homeassistant",
  availabilityTopic: "perch/a/state",
};
const SITE: SiteNow = {
  ...{ name: "Perch hall", version: "1.2.3", url: "http://pi.local:8080", overall: "Healthy" },
  alarms: { info: 1, warning: 0, critical: 0, waiting: 0 },
  machines: [
    { id: "m1", name: "Press 3", status: "normal" },
    { id: "m2", name: "Pump", status: "maintenance" },
  ],
};

Deno.test("Home Assistant is told of the site and of each machine", () => {
  const { topic, payload, qos, retain } = announcement(OWN, SITE);
  assert.deepEqual([topic, qos, retain], ["homeassistant/device/perch-a/config", 1, true]);
  const config = JSON.parse(String(payload));
  assert.equal(config.origin.name, "Perch");
  assert.equal(config.availability_topic, "perch/a/state");
  assert.deepEqual(config.device.identifiers, ["perch-a"]);
  const parts = Object.values(config.components) as Record<string, string>[];
  assert.deepEqual(parts.map(({ name }) => name), [
    ...["State", "Problem", "Critical alarms", "Warning alarms", "Alarms nobody acknowledged"],
    ...["Press 3", "Pump"],
  ]);
  // What Home Assistant asks of each: https://www.home-assistant.io/integrations/mqtt/
  for (const part of parts) assert.ok(part.platform && part.unique_id && part.state_topic);
  assert.equal(new Set(parts.map((part) => part.unique_id)).size, parts.length);
  const ids = parts.map((part) => part.object_id);
  assert.ok(ids.every((id) => /^[\w-]+$/.test(id)));
});

Deno.test("its states follow alarms and machines; maintenance is no problem", () => {
  const read = (site: SiteNow) =>
    states(OWN, site).map(({ payload }) => JSON.parse(String(payload)));
  const [well, machines] = read(SITE);
  assert.deepEqual(well, {
    overall: "Healthy",
    problem: "OFF",
    critical: 0,
    warning: 0,
    waiting: 0,
  });
  assert.deepEqual(machines.m2, { status: "maintenance", problem: "OFF" });
  const [bad] = read({ ...SITE, alarms: { info: 0, warning: 1, critical: 0, waiting: 1 } });
  assert.equal(bad.problem, "ON");
  const [, down] = read({ ...SITE, machines: [{ id: "m1", name: "x", status: "offline" }] });
  assert.deepEqual(down, { m1: { status: "offline", problem: "ON" } });
});

Deno.test("a plant of a thousand machines stays one message that a broker takes, and is taken back whole", () => {
  const machines = Array.from(
    { length: 1_000 },
    (_, i) => ({ id: `m${i}`, name: `M ${i}`, status: "normal" }),
  );
  const { payload } = announcement(OWN, { ...SITE, machines });
  assert.ok(payload.length < 256_000, `${payload.length}`);
  const told = [announcement(OWN, SITE), ...states(OWN, SITE)].map(({ topic }) => topic);
  assert.deepEqual(
    withdrawal(OWN).map(({ topic, payload }) => [topic, payload]),
    told.map((one) => [one, ""]),
  );
});
