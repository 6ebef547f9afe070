import assert from "node:assert/strict";
import { silentLog } from "../../base/log.ts";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import { groupOf, openEngine, withDatabase } from "../../../tests/support/storage.ts";
import type { EventDraft } from "../../events/event.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import { createAside } from "./aside_store.ts";
import { createForwardStore } from "./forward_store.ts";
import { createMqttFeed, READER } from "./mqtt_feed.ts";

/** The journal turns every few groups. */
const SMALL = {
  sealReadings: 50,
  tailReadingsMost: 400,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1000 },
};
const NEVER = new AbortController().signal;

/** A Perch with a broker that takes what comes in order, while it is there. */
async function openFeed(url: string, clock: FakeClock, keepBytes = 1e9) {
  const engine = await openEngine({ url, clock, limits: SMALL });
  const { connection, store } = engine;
  const db = {
    query: connection.query.bind(connection),
    write: connection.write.bind(connection),
    close: () => Promise.resolve(),
  };
  const broker = { isDown: false, values: [] as number[] };
  const events: EventDraft[] = [];
  const aside = createAside(READER, { db, readings: store });
  const feed = createMqttFeed({
    ...{ clock, log: silentLog(), readings: store, aside, write: db.write },
    events: { append: (draft) => Promise.resolve(void events.push(draft)) },
    bounds: () => ({ keepMs: 30 * DAY_MS, keepBytes }),
    lastGroup: () => createForwardStore(db).lastGroup(),
    send(page) {
      if (broker.isDown) return Promise.reject(new Error("the broker is away"));
      broker.values.push(...page.value);
      return Promise.resolve();
    },
    restMs: () => 60_000,
  });
  let sent = 0;
  return {
    ...{ engine, broker, events, aside, feed },
    sent: () => sent,
    async commit(groups: number) {
      for (let g = 0; g < groups; g++) {
        const readings = [1, 2, 3].map((sensor) => ({
          ...{ sensor, tMs: clock.now(), value: sent++, arrival: true },
        }));
        await store.append(groupOf(readings), []);
      }
    },
    async settle() {
      while (await feed.step(NEVER) === 0);
    },
  };
}

const counted = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("what waits a week for a broker is set aside, and arrives once and in order", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const one = await openFeed(url, clock);
    await one.settle();
    await one.commit(5);
    await one.settle();
    assert.deepEqual(one.broker.values, counted(0, 15));
    one.broker.isDown = true;
    for (let hour = 0; hour < 7 * 24; hour++) {
      await one.commit(4);
      await clock.advance(HOUR_MS);
      await one.feed.step(NEVER);
    }
    const { journalBytes } = await one.engine.store.stats();
    assert.ok(journalBytes < 6 * SMALL.journal.mostBytes, `${journalBytes} bytes of journal`);
    assert.equal(one.feed.trouble(), "the broker is away");
    assert.ok((await one.aside.stats())!.readings > 1_900);
    one.broker.isDown = false;
    await one.commit(1);
    await one.settle();
    assert.deepEqual(one.broker.values, counted(0, one.sent()));
    assert.deepEqual([one.events.length, await one.aside.stats(), one.feed.trouble()], [
      0,
      null,
      null,
    ]);
    await one.engine.close();
  }));

Deno.test("beyond its bound the oldest is given up, counted exactly and said; the rest arrives in order", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const one = await openFeed(url, clock, 5_000);
    await one.settle();
    one.broker.isDown = true;
    for (let hour = 0; hour < 100; hour++) {
      await one.commit(4);
      await clock.advance(HOUR_MS);
      await one.feed.step(NEVER);
    }
    assert.ok((await one.aside.stats())!.bytes <= 5_500);
    const lost = one.events.reduce((sum, { body }) => sum + (body as { lost: number }).lost, 0);
    assert.ok(lost > 300, `${lost} lost`);
    assert.match(
      one.events[0].text,
      /^\d+ readings were not sent to the upstream broker: .* They are still here$/,
    );
    one.broker.isDown = false;
    await one.settle();
    assert.deepEqual(one.broker.values, counted(lost, one.sent()));
    await one.engine.close();
  }));
