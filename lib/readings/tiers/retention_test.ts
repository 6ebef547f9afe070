import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { openEngine, withDatabase } from "../../../tests/support/storage.ts";
import { COUNT, END_MS, fillHistory, SMALL } from "../../../tests/support/tier_history.ts";
import { DAY_MS } from "../../words/times.ts";
import type { RetainOptions } from "../store.ts";

const kept = (days: number, minuteDays: number, hourDays: number) => ({
  keepMs: days * DAY_MS,
  keepMinutesMs: minuteDays * DAY_MS,
  keepHoursMs: hourDays * DAY_MS,
});

Deno.test("retain takes no tier down because a clock jumped, and keeps none shorter than the one above", () =>
  withDatabase(async (url) => {
    const { store, close } = await openEngine({ url, clock: fakeClock(END_MS), limits: SMALL });
    await fillHistory(store);
    const retain = async (options: RetainOptions) => {
      let deleted = 0;
      for (let more = true; more;) {
        const step = await store.retain(options);
        deleted += step.deleted;
        more = step.more;
      }
      return deleted;
    };
    assert.equal(await retain({ nowMs: END_MS, ...kept(20, 40, 60) }), 0);
    const { tiers } = await store.stats();
    assert.ok(Object.values(tiers).every(({ readings }) => readings > COUNT / 4), "all are used");
    for (const jumpMs of [-3650 * DAY_MS, DAY_MS, 3650 * DAY_MS]) {
      assert.equal(await retain({ nowMs: END_MS + jumpMs, ...kept(20, 40, 60) }), 0);
      assert.deepEqual((await store.stats()).tiers, tiers, `a jump by ${jumpMs} ms`);
    }
    // Minutes and hours are kept as long as readings, whatever is asked.
    const deleted = await retain({ nowMs: END_MS, ...kept(20, 1, 2) });
    const after = (await store.stats()).tiers;
    assert.deepEqual([after.raw, after.minute.readings], [tiers.raw, 0]);
    assert.equal(deleted, COUNT - after.raw.readings - after.hour.readings);
    await close();
  }));
