import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import { type Machine, newMachine } from "../machines/machine.ts";
import type { Sensor } from "../machines/sensor.ts";
import { DAY_MS } from "../words/times.ts";
import { type Asker, createDashboards, type Dashboards } from "./dashboards.ts";
import { createKioskLinks, type KioskLinks } from "./kiosk_links.ts";

const NOTE = () => ({ sql: "select 1" });
const BY = { name: "Ada", audited: NOTE };
const ADA: Asker = { id: "ada", role: "viewer" };
const BEN: Asker = { id: "ben", role: "engineer" };
const ADMIN: Asker = { id: "root", role: "admin" };
const TEMPERATURE = { id: "s1", name: "hall/press/temperature" } as Sensor;

interface Rooms {
  dashboards: Dashboards;
  links: KioskLinks;
}

async function withRooms(
  work: (t: Rooms & { clock: FakeClock; again(): Rooms; gone: Set<Sensor> }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-dashboards-" });
  const db = await openTestDatabase(folder);
  const clock = fakeClock();
  const press: Machine = newMachine("hall/press", 0);
  const gone = new Set<Sensor>();
  let secrets = 0;
  const again = (): Rooms => {
    const dashboards = createDashboards({
      db,
      clock,
      sensors: {
        find: (name) =>
          !gone.has(TEMPERATURE) && [TEMPERATURE.id, TEMPERATURE.name].includes(name)
            ? TEMPERATURE
            : undefined,
      },
      machines: {
        find: (name) => [press.id, press.path].includes(name) ? press : undefined,
        all: () => [press],
      },
    });
    const links = createKioskLinks({
      ...{ db, clock, dashboards, log: silentLog() },
      secrets: { fresh: () => `secret ${++secrets}`, hashOf: (secret) => `hash of ${secret}` },
    });
    return { dashboards, links };
  };
  try {
    await work({ ...again(), clock, again, gone });
  } finally {
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const given = (title: string, shared = false) => ({ title, shared, tiles: [] });

Deno.test("dashboards: one's own and shared ones are seen, one's own are changed, admins do both", () =>
  withRooms(async ({ dashboards, again }) => {
    const own = await dashboards.add(given("Own"), ADA, NOTE);
    const open = await dashboards.add(given("Open", true), ADA, NOTE);
    const titles = async (who: Asker) => (await dashboards.visible(who)).map((one) => one.title);
    assert.deepEqual(await titles(ADA), ["Open", "Own"]);
    assert.deepEqual(await titles(BEN), ["Open"]);
    assert.deepEqual(await titles(ADMIN), ["Open", "Own"]);
    await assert.rejects(dashboards.find(own.id, BEN), { code: "not_found" });
    await assert.rejects(dashboards.change(own.id, { title: "X" }, BEN, NOTE), {
      code: "not_found",
    });
    await assert.rejects(dashboards.change(open.id, { title: "X" }, BEN, NOTE), {
      code: "forbidden",
    });
    await assert.rejects(dashboards.remove(open.id, BEN, NOTE), { code: "forbidden" });
    await dashboards.change(open.id, { title: "Of all" }, ADMIN, NOTE);
    assert.equal((await again().dashboards.find(open.id, BEN)).title, "Of all");
  }));

Deno.test("dashboards: tiles keep ids, what is not there is refused, what is gone since may stay", () =>
  withRooms(async ({ dashboards, gone }) => {
    const tiles = [
      { kind: "chart" as const, size: "wide" as const, range: "6h" as const, sensors: ["x"] },
    ];
    await assert.rejects(dashboards.add({ ...given("A"), tiles }, ADA, NOTE), {
      code: "validation",
      message: 'tiles.0.sensors: there is no sensor "x"',
    });
    const value = { kind: "value" as const, size: "small" as const, sensor: TEMPERATURE.name };
    const hall = { kind: "status" as const, size: "wide" as const, machine: "hall" };
    const press = { ...hall, machine: "hall/press" };
    const made = await dashboards.add(
      { ...given("A"), tiles: [value, hall, press] },
      ADA,
      NOTE,
    );
    const [first, area, machine] = made.tiles;
    assert.deepEqual(first, { ...value, sensor: TEMPERATURE.id });
    assert.deepEqual(area, hall);
    assert.notEqual((machine as typeof press).machine, "hall/press");
    gone.add(TEMPERATURE);
    const changed = await dashboards.change(made.id, { tiles: [first] }, ADA, NOTE);
    assert.deepEqual(changed.tiles, [first]);
    assert.ok(changed.changedMs > made.changedMs, "screens see that it is another one");
    await assert.rejects(dashboards.change(made.id, { tiles: [value] }, ADA, NOTE));
  }));

Deno.test("kiosk links: open until revoked, also after a restart and when one is used meanwhile", () =>
  withRooms(async ({ dashboards, links, clock, again }) => {
    const { id } = await dashboards.add(given("Wall"), ADA, NOTE);
    await assert.rejects(links.add({ name: "W", dashboard: "none" }, BY), { code: "not_found" });
    const { secret, link } = await links.add({ name: "W", dashboard: id }, BY);
    assert.equal((await links.open(secret))?.id, id);
    assert.equal(await links.open("another"), null);
    assert.ok(!JSON.stringify(await links.all()).includes("hash"), "no hash goes out");
    await clock.advance(DAY_MS);
    // Its use is written in the same moment in which it ends.
    const [, last] = await Promise.all([links.revoke(link.id, NOTE), links.open(secret)]);
    assert.equal(last?.id, id);
    assert.equal(await links.open(secret), null);
    const next = again();
    assert.equal(await next.links.open(secret), null, "it stays revoked");
    await assert.rejects(next.links.revoke(link.id, NOTE), { code: "conflict" });
    const other = await next.links.add({ name: "W", dashboard: id }, BY);
    await next.dashboards.remove(id, ADA, NOTE);
    assert.equal(await next.links.open(other.secret), null);
    assert.deepEqual(await again().links.all(), [], "links go with their dashboard");
  }));
