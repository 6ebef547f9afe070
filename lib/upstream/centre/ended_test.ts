import assert from "node:assert/strict";
import { openTestDatabase } from "../../../tests/support/database.ts";
import { createEventLog } from "../../events/events_store.ts";
import type { EndedAlarm } from "../wire.ts";
import { createEndedAtSites } from "./ended_store.ts";

const ENDED: EndedAlarm = {
  ...{ id: "7", severity: "critical", title: "it leaks", machine: "hall/press" },
  ...{ value: null, limit: null, acknowledged_by: null },
  ...{ count: 1, raised_ms: 1, resolved_ms: 2, resolved_by: null },
};

Deno.test("createEndedAtSites believes what a site forwarded, and nothing that another program reports", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-ended-" });
  const db = await openTestDatabase(folder);
  try {
    const log = createEventLog(db);
    const event = (subject: string, body: unknown) => ({
      ...{ type: "external.alarm_resolved" as const, subject, severity: "info" as const },
      ...{ tMs: 3, text: "North: it leaks: over", actor: null, body },
    });
    const body = { site: "north", subject: "alarm:7", ended: ENDED };
    await db.write([
      log.foreign(event("site:north", body), "node:a"),
      log.foreign(event("component:site:north", body), "node:b"),
      log.foreign(event("site:north", { site: "north", subject: "alarm:8" }), "node:c"),
      log.foreign(event("site:north", { ...body, ended: { ...ENDED, count: 0 } }), "node:d"),
      log.foreign({ ...event("site:north", body), type: "external.alarm_raised" }, "node:e"),
    ]);
    const ended = createEndedAtSites(db);
    const all = await ended.after(0, 10);
    assert.deepEqual(
      all.map((one) => one.ended),
      [{ site: "north", alarm: ENDED }, null, null, null],
    );
    assert.deepEqual((await ended.after(all[0].id, 2)).map(({ id }) => id), [
      all[1].id,
      all[2].id,
    ]);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
