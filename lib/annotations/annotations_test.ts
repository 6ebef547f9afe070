import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { Alarm } from "../alarms/alarm.ts";
import type { Database } from "../db/client.ts";
import { type Machine, newMachine } from "../machines/machine.ts";
import type { Sensor } from "../machines/sensor.ts";
import { HOUR_MS } from "../words/times.ts";
import { createAnnotations } from "./annotations.ts";
import { createNotes, type NoteAuthor, type Notes } from "./notes.ts";
import { spansIn } from "./window_spans.ts";

const ZONE = "Europe/Berlin";
const NOW_MS = Date.parse("2026-02-02T12:00Z");
const press: Machine = newMachine("hall-1/press-3", 0);
const sensorOf = (sensor: string) =>
  ({ id: `id-${sensor}`, name: `${press.path}/${sensor}`, machine: press.path, sensor }) as Sensor;
const sensors = [sensorOf("temperature"), sensorOf("pressure")];
const author = (id: string, moderator = false): NoteAuthor => ({
  ...{ id, name: id, moderator },
  audited: () => ({ sql: "select 1" }),
});

async function withNotes(run: (notes: Notes, db: Database) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-notes-" });
  const db = await openTestDatabase(folder);
  try {
    const notes = createNotes({
      db,
      clock: fakeClock(NOW_MS),
      sensors: { find: (id) => sensors.find((one) => one.id === id || one.name === id) },
      machines: { find: (id) => id === press.path || id === press.id ? press : undefined },
    });
    await run(notes, db);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("notes: a chart shows those of its sensor, of its machine and of the site in its range", () =>
  withNotes(async (notes) => {
    const add = (text: string, place: { sensor?: string; machine?: string }, at_ms = NOW_MS) =>
      notes.add({ text, at_ms, ...place }, author("ada"));
    await add("mine", { sensor: sensors[0].name });
    await add("other sensor", { sensor: sensors[1].name });
    await add("machine", { machine: press.path });
    await add("site", {});
    await add("earlier", { sensor: sensors[0].name }, NOW_MS - HOUR_MS);
    await notes.add(
      { text: "lasts", at_ms: NOW_MS - HOUR_MS, until_ms: NOW_MS + 1, machine: press.id },
      author("ada"),
    );
    const annotations = createAnnotations({
      alarms: { list: () => Promise.resolve({ items: [], next: null }) },
      tickets: { list: () => Promise.resolve({ items: [], next: null }) },
      windows: () => [],
      notes,
      sensorsOf: () => sensors,
      zone: () => ZONE,
    });
    const range = { fromMs: NOW_MS - 1000, toMs: NOW_MS + 1000 };
    const texts = async (shown: readonly Sensor[] | null) =>
      (await annotations.of([{ machine: press, sensors: shown }], range)).map(({ text }) => text)
        .sort();
    assert.deepEqual(await texts([sensors[0]]), ["lasts", "machine", "mine", "site"]);
    assert.deepEqual(
      await texts(null),
      ["lasts", "machine", "mine", "other sensor", "site"],
    );
  }));

Deno.test("notes: authors change and delete their own, admins any, others none", () =>
  withNotes(async (notes) => {
    const { id } = await notes.add({ text: "Oil\r\nchanged", at_ms: 5_000 }, author("ada"));
    assert.equal((await notes.get(id)).text, "Oil\nchanged");
    await assert.rejects(notes.change(id, { text: "x" }, author("ben")), /only ada or an admin/);
    await assert.rejects(notes.remove(id, author("ben")), /only ada or an admin/);
    await assert.rejects(notes.change(id, { until_ms: 4_000 }, author("ada")), /after at_ms/);
    const changed = await notes.change(id, { text: "Filter", until_ms: 6_000 }, author("ada"));
    assert.deepEqual([changed.text, changed.at_ms, changed.until_ms], ["Filter", 5_000, 6_000]);
    await notes.remove(id, author("root", true));
    await assert.rejects(notes.get(id), /there is no note/);
    await assert.rejects(notes.add({ text: "x", at_ms: 1, sensor: "gone" }, author("ada")), /gone/);
  }));

Deno.test("notes: a place takes so many, says what to do, and others take theirs", () =>
  withNotes(async (notes, db) => {
    await db.write([{
      sql:
        "insert into chart_notes (at_ms, sensor_id, machine_id, text, author_id, author, created_ms) " +
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 999) " +
        `select i, '${sensors[0].id}', '${press.id}', 'note ' || i, 'ada', 'ada', i from n`,
    }]);
    const add = (place: { sensor?: string; machine?: string }) =>
      notes.add({ text: "one more", at_ms: NOW_MS, ...place }, author("ada"));
    // Two at once: one of them is the last.
    const sent = await Promise.allSettled([0, 1].map(() => add({ sensor: sensors[0].id })));
    assert.deepEqual(sent.map(({ status }) => status), ["fulfilled", "rejected"]);
    await assert.rejects(
      add({ sensor: sensors[0].id }),
      /temperature has 1000 notes.*delete some first.*\/api\/notes\?sensor=id-temperature/,
    );
    for (const place of [{ sensor: sensors[1].id }, { machine: press.id }, {}]) await add(place);
    const pages: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const { items, next } = await notes.list({ sensors: [sensors[0].id], limit: 400, cursor });
      pages.push(...items.map(({ id }) => id));
      cursor = next ?? undefined;
      more = next !== null;
    }
    assert.deepEqual([pages.length, new Set(pages).size], [1000, 1000], "page by page all of them");
    await notes.remove(pages[0], author("ada"));
    await add({ sensor: sensors[0].id });
  }));

Deno.test("annotations: alarms of other sensors of the machine are not drawn", async () => {
  const alarm = (id: string, sensor: Sensor | null) =>
    ({
      ...{ id, machine: press.path, sensor: sensor?.name ?? null, sensor_id: sensor?.id ?? null },
      ...{ raised_ms: 1, resolved_ms: null, title: id, severity: "warning" },
    }) as Alarm;
  const asked: unknown[] = [];
  const annotations = createAnnotations({
    alarms: {
      list(query) {
        asked.push(query);
        const items = [alarm("own", sensors[0]), alarm("other", sensors[1]), alarm("all", null)];
        return Promise.resolve({ items, next: null });
      },
    },
    tickets: { list: () => Promise.resolve({ items: [], next: null }) },
    windows: () => [],
    notes: { list: () => Promise.resolve({ items: [], next: null }) },
    sensorsOf: () => sensors,
    zone: () => ZONE,
  });
  const found = await annotations.of(
    [{ machine: press, sensors: [sensors[0]] }],
    { fromMs: 10, toMs: 20 },
  );
  assert.deepEqual(found.map(({ id }) => id), ["own", "all"]);
  assert.deepEqual(asked, [{ machine: press.path, overFromMs: 10, toMs: 20, limit: 100 }]);
});

Deno.test("annotations: a weekly window is drawn from when it was added", () => {
  const range = { fromMs: NOW_MS - 14 * 24 * HOUR_MS, toMs: NOW_MS + 10 * 24 * HOUR_MS };
  const timing = {
    ...{ kind: "weekly" as const, days: ["mon" as const] },
    ...{ start: "12:30", end: "14:00" },
  };
  const spans = spansIn({ timing, createdMs: NOW_MS }, range, ZONE, 10);
  assert.deepEqual(spans.map(({ fromMs, toMs }) => [fromMs, toMs].map((ms) => ms - NOW_MS)), [
    [0, HOUR_MS],
    [7 * 24 * HOUR_MS - HOUR_MS / 2, 7 * 24 * HOUR_MS + HOUR_MS],
  ]);
  assert.equal(spansIn({ timing, createdMs: 0 }, range, ZONE, 3).length, 3);
});
