import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import type { Database } from "../db/client.ts";
import type { EventDraft } from "./event.ts";
import { createEventLog, type EventLog } from "./events_store.ts";
import { createEventPurge } from "./purge_store.ts";
import type { EventQuery } from "./query.ts";
import { createEventSearch, type EventSearch } from "./search_store.ts";

interface Searched {
  log: EventLog;
  search: EventSearch;
  db: Database;
}

async function withLog(work: (all: Searched) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-events-" });
  const db = await openTestDatabase(folder);
  try {
    await work({ log: createEventLog(db), search: createEventSearch(db), db });
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const draft = (change: Partial<EventDraft> = {}): EventDraft => ({
  type: "alarm.raised",
  subject: "alarm:a1",
  severity: "warning",
  tMs: 1000,
  text: "Press 3 is too warm",
  actor: null,
  body: null,
  route: true,
  ...change,
});

/** Every question is asked of the rows themselves, then of the index, then of both. */
async function inEveryState({ log, search }: Searched, look: () => Promise<void>): Promise<void> {
  await look();
  await search.index();
  await look();
  await log.append(
    draft({ type: "prediction.changed", text: "not asked for", tMs: 99, body: null }),
  );
  await look();
}

Deno.test("createEventLog answers by type, subject, severity, person and time, in pages", () =>
  withLog(async (all) => {
    const { log } = all;
    await log.append(draft());
    await log.append(
      draft({ type: "alarm.resolved", text: "100 % fine_now", tMs: 2000, actor: "Ada L." }),
    );
    await log.append(draft({ type: "ticket.created", subject: "ticket:t1", severity: "info" }));
    const types = async (query: EventQuery) => (await log.list(query)).items.map((e) => e.type);
    await inEveryState(all, async () => {
      assert.deepEqual(await types({ types: ["alarm"] }), ["alarm.resolved", "alarm.raised"]);
      assert.deepEqual(await types({ types: ["alarm.raised"] }), ["alarm.raised"]);
      assert.deepEqual(await types({ types: ["al"] }), []);
      assert.deepEqual(await types({ types: ["ticket", "alarm.raised"] }), [
        "ticket.created",
        "alarm.raised",
      ]);
      assert.deepEqual(await types({ subject: "ticket:t1" }), ["ticket.created"]);
      assert.deepEqual(await types({ subject: "alarm:a1", types: ["ticket"] }), []);
      assert.deepEqual(await types({ severities: ["info"] }), ["ticket.created"]);
      assert.deepEqual(await types({ actor: "ada l." }), ["alarm.resolved"]);
      assert.deepEqual(await types({ actor: "ada" }), []);
      assert.deepEqual(await types({ hidden: ["alarm", "prediction"] }), ["ticket.created"]);
      assert.deepEqual(await types({ search: "press", hidden: ["ticket"] }), ["alarm.raised"]);
      assert.deepEqual(await types({ fromMs: 1500, toMs: 2001 }), ["alarm.resolved"]);
      assert.deepEqual(await types({ fromMs: 1500, toMs: 2001, hidden: ["alarm"] }), []);
      assert.deepEqual(await types({ fromMs: 1500, severities: ["info"] }), []);
      const asked = { types: ["ticket", "alarm"], limit: 2 };
      const first = await log.list(asked);
      assert.equal(first.items.length, 2);
      const second = await log.list({ ...asked, cursor: first.next! });
      assert.deepEqual([second.items.length, second.next], [1, null]);
    });
    await assert.rejects(log.list({ cursor: "x" }), /not a cursor of this list/);
  }));

Deno.test("createEventLog finds words by their beginnings, whatever case and accents, in all that an event says", () =>
  withLog(async (all) => {
    const { log } = all;
    const texts = async (search: string) =>
      (await log.list({ search })).items.map(({ text }) => text);
    await log.append(
      draft({ text: "Die Temperatur der Öfen ist 83.4 °C", body: { note: "Ölfilm" } }),
    );
    await log.append(
      draft({ text: "Türen offen 🔥", body: { details: { badge: [4711, "A-7"] } } }),
    );
    await log.append(draft({ text: "温度が高い", actor: "Grace Hopper", body: null }));
    await log.append(draft({ text: "Halle7 ist leer", body: null }));
    await log.append(draft({ text: "Tor 8 klemmt", body: null }));
    const found = ["Die Temperatur der Öfen ist 83.4 °C", "Türen offen 🔥", "温度が高い"];
    await inEveryState(all, async () => {
      // A name and its number, written together and apart.
      for (const search of ["halle 7", "halle7", "hall", "7 halle leer"]) {
        assert.deepEqual(await texts(search), search.startsWith("7") ? [] : ["Halle7 ist leer"]);
      }
      for (const search of ["tor8", "TOR 8", "8 tor"]) {
        assert.deepEqual(await texts(search), ["Tor 8 klemmt"], search);
      }
      assert.deepEqual(await texts("tor9"), []);
      for (const search of ["temp ofen", "ÖFEN", "83", "83.4", "olf", '"öfen" (temperatur*)']) {
        assert.deepEqual(await texts(search), [found[0]], search);
      }
      for (const search of ["🔥", "471", "a 7", "turen"]) {
        assert.deepEqual(await texts(search), [found[1]], search);
      }
      for (const search of ["高い", "hopp grace"]) {
        assert.deepEqual(await texts(search), [found[2]], search);
      }
      for (
        const search of ["peratur", "temp 🔥", "", "…", "ofen OR turen", "_sinfo", "words:ofen"]
      ) {
        assert.deepEqual(await texts(search), [], search);
      }
    });
  }));

Deno.test("createEventLog finds a period among events that were written much later", () =>
  withLog(async ({ log, search, db }) => {
    const late = { tMs: 5, text: "late" };
    await log.append(draft(late));
    await db.write(
      Array.from({ length: 1_100 }, (_, i) => log.statement(draft({ tMs: 1_000 + i }))),
    );
    await log.append(draft(late));
    while (await search.index() > 0);
    const texts = async (query: EventQuery) => (await log.list(query)).items.map((e) => e.text);
    for (const query of [{}, { search: "la" }, { severities: ["warning" as const] }]) {
      assert.deepEqual(await texts({ ...query, fromMs: 5, toMs: 6 }), ["late", "late"]);
      assert.deepEqual(await texts({ ...query, fromMs: 6, toMs: 7 }), []);
    }
  }));

Deno.test("createEventLog finds what belongs to a machine or an area", () =>
  withLog(async (all) => {
    const { log } = all;
    const of = async (machine: string) =>
      (await log.list({ machine })).items.map(({ subject }) => subject);
    await log.append(draft({ subject: "alarm:1", body: { alarm: { machine: "hall/press-3" } } }));
    await log.append(
      draft({ subject: "ticket:2", body: { ticket: { machine: "hall/press-31" } } }),
    );
    await log.append(draft({ subject: "sensor:3", body: { sensor: "hall/press-3/temp" } }));
    await log.append(draft({ subject: "alarm:4", body: { alarm: { machine: "Hall/press-3" } } }));
    await inEveryState(all, async () => {
      assert.deepEqual(await of("hall/press-3"), ["sensor:3", "alarm:1"]);
      assert.deepEqual(await of("hall"), ["sensor:3", "ticket:2", "alarm:1"]);
      assert.deepEqual(await of("hall/press"), []);
      assert.deepEqual(await of("Hall"), ["alarm:4"]);
    });
  }));

Deno.test("createEventLog deletes by age and by number in steps, spares what others keep, and is found by the rest", () =>
  withLog(async ({ log, search, db }) => {
    const purge = createEventPurge(db);
    for (let i = 1; i <= 6; i++) {
      await log.append(draft({ subject: `source:${i}`, tMs: i, route: i === 1, text: `n${i}` }));
    }
    await log.append(draft({ subject: "alarm:7", tMs: 1, route: false, text: "n7" }));
    while (await search.index() > 0);
    const left = async () => (await log.list({ search: "n" })).items.map((e) => e.text);
    assert.equal(await purge({ fromMs: 4, most: 100 }, 1), 1);
    assert.equal(await purge({ fromMs: 4, most: 100 }, 10), 1);
    assert.deepEqual(await left(), ["n7", "n6", "n5", "n4", "n1"]);
    assert.equal(await purge({ fromMs: 0, most: 2 }, 10), 3);
    assert.deepEqual(await left(), ["n7", "n1"]);
    assert.equal(await search.renew(), false);
    await db.write([{
      sql: "with recursive n (i) as (select 1000 union all select i + 1 from n where i < 22000) " +
        "insert into event_words (rowid, words) select i, 'n' from n",
    }]);
    assert.equal(await search.renew(), true);
    assert.deepEqual(await left(), ["n7", "n1"]);
    assert.equal(await search.index(), 2);
    assert.deepEqual(await left(), ["n7", "n1"]);
  }));

Deno.test("search: a letter is forgiven where nothing fits, over every page", () =>
  withLog(async (all) => {
    const { log } = all;
    for (let i = 0; i < 3; i++) await log.append(draft({ tMs: 1000 + i }));
    await log.append(
      draft({ text: "Oven 1 is cold", type: "ticket.created", subject: "ticket:t1" }),
    );
    const found = async (query: EventQuery) => (await log.list(query)).items.length;
    await inEveryState(all, async () => {
      assert.equal(await found({ search: "prses wram" }), 3, "letters swapped");
      assert.equal(await found({ search: "ovne" }), 1);
      assert.equal(await found({ search: "ovne", types: ["alarm"] }), 0, "filters count as before");
      assert.equal(await found({ search: "prxxs" }), 0, "two letters are not");
      assert.equal(await found({ search: "3x" }), 0, "nor one of a short word");
      const first = await log.list({ search: "prses", limit: 2 });
      const second = await log.list({ search: "prses", limit: 2, cursor: first.next! });
      assert.deepEqual([first.items.length, second.items.length, second.next], [2, 1, null]);
      const strict = await log.list({ search: "press", limit: 3 });
      assert.equal(strict.next, null);
      const { id } = strict.items.at(-1)!;
      assert.equal(await found({ search: "press", cursor: String(id) }), 0, "nothing is added");
    });
  }));
