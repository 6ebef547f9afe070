/** `GET /api/events` as programs ask it: filters, the search, hostile texts, and who may see what. */
import assert from "node:assert/strict";
import type { EventDraft } from "../../lib/events/event.ts";
import { createEventSearch } from "../../lib/events/search_store.ts";
import { runApp } from "../support/app_client.ts";
import { HOSTILE_TEXTS } from "../support/hostile_text.ts";

const draft = (change: Partial<EventDraft>): EventDraft => ({
  type: "alarm.raised",
  subject: "alarm:7",
  severity: "warning",
  tMs: Date.now() - 60_000,
  text: "Press 3 is too warm",
  actor: null,
  body: { alarm: { machine: "hall-1/press-3" }, note: "check the fan" },
  route: false,
  ...change,
});

/** What a search engine could take for more than words. */
const SEARCHES = [
  '"',
  '""" OR "a',
  "press* NOT warm",
  "words : press",
  "^press + warm NEAR(a b)",
  "_salarm",
  "') ; drop table events; --",
  "\u0000press\u0000",
  "🔥🔥",
  "\ud800",
  "* * *",
  "a".repeat(200),
];

Deno.test("GET /api/events: filters, search and pages; what concerns one person is for admins; no text breaks it", async () => {
  const app = await runApp({ MQTT_PORT: "0" });
  try {
    const { events, storage } = app.parts;
    const get = async (query: string, role: "viewer" | "admin" = "viewer") => {
      const answer = await app.ask(`/api/events${query}`, { role });
      return { status: answer.status, ...(await answer.json()) };
    };
    const texts = async (query: string, role?: "viewer" | "admin") =>
      (await get(query, role)).items.map((one: { text: string }) => one.text);
    await events.append(draft({}));
    await events.append(draft({ text: "Much earlier", tMs: Date.now() - 90 * 60_000 }));
    await events.append(draft({ type: "access.invited", text: "Guest was invited", body: null }));
    for (const indexed of [false, true]) {
      if (indexed) { while (await createEventSearch(storage.db).index() > 0); }
      assert.deepEqual(await texts("?type=alarm&from=-1h"), ["Press 3 is too warm"]);
      assert.deepEqual(await texts("?type=alarm&to=-1h"), ["Much earlier"]);
      assert.deepEqual(await texts("?machine=hall-1&severity=warning,critical&q=war"), [
        "Press 3 is too warm",
      ]);
      assert.deepEqual(await texts("?q=fan&from=-1h"), ["Press 3 is too warm"]);
      assert.deepEqual(await texts("?q=guest"), []);
      assert.deepEqual(await texts("?q=guest", "admin"), ["Guest was invited"]);
      assert.deepEqual(await texts("?type=access"), []);
      const page = await get("?type=alarm&limit=1");
      assert.equal(page.items[0].text, "Much earlier");
      assert.deepEqual(await texts(`?type=alarm&limit=1&cursor=${page.next}`), [
        "Press 3 is too warm",
      ]);
      for (const text of [...SEARCHES, ...HOSTILE_TEXTS]) {
        for (const name of ["q", "machine", "actor", "subject", "type"]) {
          const { status } = await get(`?${name}=${encodeURIComponent(text.toWellFormed())}`);
          assert.ok(status === 200 || status === 400, `${name}=${JSON.stringify(text)}: ${status}`);
        }
      }
    }
    const [guest] = (await get("?type=access", "admin")).items;
    assert.equal((await get(`/${guest.id}`)).status, 404);
    assert.equal((await get(`/${guest.id}`, "admin")).text, "Guest was invited");
    const [alarm] = (await get("?type=alarm&limit=1")).items;
    assert.equal((await get(`/${alarm.id}`)).body.note, "check the fan");
    for (const period of ["from=now&to=-1h", "from=2026-01-02&to=2026-01-02"]) {
      const backwards = await get(`?${period}`);
      assert.equal(backwards.status, 400, period);
      assert.match(backwards.detail, /^query\.from: .* is not before `to`/);
    }
    const wrong = await get("?q=one+two+three+four+five+six+seven&severity=bad");
    assert.equal(wrong.status, 400);
    assert.match(JSON.stringify(wrong.errors), /6 words at most/);
    assert.match(JSON.stringify(wrong.errors), /info/);
  } finally {
    await app.stop();
  }
});
