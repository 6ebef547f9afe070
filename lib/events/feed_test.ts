import assert from "node:assert/strict";
import { createSupervisor } from "../base/supervisor.ts";
import { silentLog } from "../base/log.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { until } from "../../tests/support/until.ts";
import type { EventDraft } from "./event.ts";
import { createEventLog } from "./events_store.ts";
import { createEventFeed } from "./feed.ts";

const draft = (text: string): EventDraft => ({
  type: "external.scan",
  subject: "component:door",
  severity: "info",
  tMs: 1000,
  text,
  actor: "reader",
  body: null,
  route: false,
});

Deno.test("createEventFeed hands on what is committed, once and in order, and asks only while it expects something", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-feed-" });
  const db = await openTestDatabase(folder);
  const clock = fakeClock();
  const seen: string[] = [];
  let looks = 0;
  const log = createEventLog(db, () => feed.expect());
  const feed = createEventFeed({
    clock,
    log: { after: (id, most) => (looks++, log.after(id, most)) },
    afterId: 0,
    publish: (events) => seen.push(...events.map(({ text }) => text)),
  });
  const supervisor = createSupervisor({ clock, log: silentLog() });
  try {
    supervisor.start(feed.task);
    await clock.advance(3_600_000);
    assert.equal(looks, 0, "an idle Perch does not ask");
    await db.write([log.statement(draft("one")), log.statement(draft("two"))]);
    await clock.advance(50);
    await until("two events", () => seen.length === 2 ? true : null);
    const asked = looks;
    await clock.advance(3_600_000);
    assert.equal(looks, asked, "all that was made is there");

    const failing = [log.statement(draft("never")), { sql: "insert into nowhere values (1)" }];
    await assert.rejects(db.write(failing));
    await log.append(draft("three"));
    for (let s = 0; s < 70; s++) {
      await clock.advance(1_000);
      await db.query({ sql: "select 1" });
    }
    assert.deepEqual(seen, ["one", "two", "three"]);
    const after = looks;
    await clock.advance(600_000);
    assert.equal(looks, after, "a row whose transaction failed is waited for a minute");
  } finally {
    await supervisor.stop(1_000);
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
