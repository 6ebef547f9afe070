import assert from "node:assert/strict";
import { silentLog } from "../../base/log.ts";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  withDatabase,
} from "../../../tests/support/storage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import type { EventDraft } from "../../events/event.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { Forward, Forwarded } from "../wire.ts";
import { createAside } from "./aside_store.ts";
import { createForwardStore } from "./forward_store.ts";
import { createForwarder, type Forwarder, type Sent } from "./forwarder.ts";
import { upstreamOf } from "./line.ts";
import { createRegistrySync } from "./registry_sync.ts";

/** The journal turns every few groups. */
const SMALL = {
  sealReadings: 50,
  tailReadingsMost: 400,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1000 },
};
const NEVER = new AbortController().signal;

/** A centre that keeps what it is sent, and up to where. */
class Centre {
  isDown = false;
  readonly values: number[] = [];
  readonly lives: number[] = [];
  readonly cursors = new Map<string, number>();
  /** Sensors that it knew when the first readings came. */
  knewAtFirst: number | null = null;
  #knows = 0;
  #registry: string | null = null;

  send(message: Forward): Sent {
    if (this.isDown) return { kind: "later", why: "The line is cut." };
    const { readings, epoch, lost_to, registry } = message;
    this.#knows += registry?.sensors.length ?? 0;
    this.#registry = registry?.version ?? this.#registry;
    if (readings !== undefined) this.knewAtFirst ??= this.#knows;
    if (readings !== undefined) {
      const at = this.cursors.get(epoch) ?? readings.after;
      if (at === readings.after || (lost_to?.readings ?? 0) >= readings.after) {
        this.values.push(...readings.v as number[]);
        this.cursors.set(epoch, readings.to);
      }
    }
    this.lives.push(...(message.live ?? []).map(([, , value]) => value));
    return { kind: "taken", answer: this.#answer(message) };
  }

  #answer({ epoch, sent_ms, alarms }: Forward): Forwarded {
    return {
      ...{ protocol: 1, perch: "9.9.9", now_ms: sent_ms, events: null, fresh_epoch: false },
      readings: this.cursors.get(epoch) ?? null,
      ...{ registry: this.#registry, alarms: alarms?.version ?? null, commands: [] },
    };
  }
}

interface Edge {
  engine: OpenEngine;
  clock: FakeClock;
  forwarder: Forwarder;
  events: EventDraft[];
  /** Commits so many groups of three values that count up. */
  commit(groups: number): Promise<void>;
  /** Steps until nothing is left to send, or the centre does not take it. */
  settle(): Promise<void>;
  sent: number;
}

async function openEdge(
  url: string,
  clock: FakeClock,
  centre: Centre,
  keepBytes = 1e9,
  known: readonly Sensor[] = [],
): Promise<Edge> {
  const engine = await openEngine({ url, clock, limits: SMALL });
  const { connection, store } = engine;
  const db = {
    query: connection.query.bind(connection),
    write: connection.write.bind(connection),
    close: () => Promise.resolve(),
  };
  const events: EventDraft[] = [];
  const none = { all: () => [] };
  const forwarder = createForwarder({
    clock,
    log: silentLog(),
    store: createForwardStore(db),
    readings: store,
    aside: createAside("forward", { db, readings: store }),
    write: db.write,
    newestEvent: () => Promise.resolve(0),
    config: () => ({
      upstream: upstreamOf("https://north:perch_x@centre.example"),
      keepMs: 30 * DAY_MS,
      keepBytes,
    }),
    send: (_, message) => Promise.resolve(centre.send(message)),
    hangUp: () => Promise.resolve(),
    events: {
      after: () => Promise.resolve([]),
      append: (draft) => Promise.resolve(void events.push(draft)),
    },
    registry: {
      all: () => [],
      byNum: (num) => ({ name: `hall/press/s${num}`, kind: "number", states: [] }) as never,
    },
    sync: createRegistrySync({
      sensors: { all: () => [...known] },
      machines: none,
      monotonic: clock.monotonic,
    }),
    openAlarms: () => [],
    acknowledge: () => Promise.resolve(),
    who: { node: "n", host: "pi", hardware: "h", perch: "0.2.0" },
    restMs: () => 60_000,
  });
  const edge: Edge = {
    ...{ engine, clock, forwarder, events },
    sent: 0,
    async commit(groups) {
      for (let g = 0; g < groups; g++) {
        const readings = [1, 2, 3].map((sensor) => ({
          ...{ sensor, tMs: clock.now(), value: edge.sent++, arrival: true },
        }));
        await store.append(groupOf(readings), []);
        forwarder.committed(3);
      }
    },
    async settle() {
      for (let i = 0; i < 20_000; i++) {
        await clock.advance(10);
        if (await forwarder.step(NEVER) > 0) return;
      }
      throw new Error("it never rests");
    },
  };
  return edge;
}

const counted = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("a week without a line waits outside the journal, over a start too, and arrives once and in order", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const centre = new Centre();
    let edge = await openEdge(url, clock, centre);
    await edge.settle();
    await edge.commit(5);
    await edge.settle();
    assert.deepEqual(centre.values, counted(0, 15));
    centre.isDown = true;
    for (let hour = 0; hour < 7 * 24; hour++) {
      await edge.commit(4);
      await clock.advance(HOUR_MS);
      // It goes on in small steps, as it does by itself.
      for (let i = 0; i < 3; i++) await edge.forwarder.step(NEVER);
      if (hour === 100) {
        const { sent } = edge;
        await edge.engine.close();
        edge = await openEdge(url, clock, centre);
        edge.sent = sent;
      }
    }
    const { journalBytes } = await edge.engine.store.stats();
    assert.ok(journalBytes < 6 * SMALL.journal.mostBytes, `${journalBytes} bytes of journal`);
    const waiting = edge.forwarder.state();
    assert.equal(waiting.state, "waiting");
    assert.ok(waiting.keptBytes > 10_000 && waiting.oldestMs! < clock.now() - 6 * DAY_MS);
    assert.match(waiting.detail, /^The line is cut\. What happens here is kept/);
    centre.isDown = false;
    await edge.settle();
    assert.deepEqual(centre.values, counted(0, edge.sent));
    assert.deepEqual([edge.forwarder.state().lost, edge.events.length], [0, 0]);
    await clock.advance(MINUTE_MS);
    await edge.settle();
    assert.deepEqual([edge.forwarder.state().keptBytes, edge.forwarder.state().waiting], [0, 0]);
    await edge.engine.close();
  }));

Deno.test("beyond its bound the oldest is given up, counted exactly and said; the rest arrives in order", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const centre = new Centre();
    const edge = await openEdge(url, clock, centre, 5_000);
    await edge.settle();
    await edge.commit(5);
    await edge.settle();
    centre.isDown = true;
    for (let hour = 0; hour < 100; hour++) {
      await edge.commit(4);
      await clock.advance(HOUR_MS);
      for (let i = 0; i < 3; i++) await edge.forwarder.step(NEVER);
    }
    const { lost, keptBytes } = edge.forwarder.state();
    assert.ok(lost > 300 && keptBytes <= 5_500, `${lost} lost, ${keptBytes} bytes kept`);
    assert.equal(
      edge.events.reduce((sum, { body }) => sum + (body as { lost: number }).lost, 0),
      lost,
    );
    assert.match(edge.events[0].text, /^\d+ readings were not forwarded: .* They are still here$/);
    centre.isDown = false;
    await edge.settle();
    assert.deepEqual(centre.values, [...counted(0, 15), ...counted(15 + lost, edge.sent)]);
    await edge.engine.close();
  }));

Deno.test("a centre that was restored gets again what is still in the journal", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const centre = new Centre();
    const edge = await openEdge(url, clock, centre);
    await edge.settle();
    await edge.commit(5);
    await edge.settle();
    // It is as it was two groups before.
    const [[epoch, at]] = centre.cursors;
    centre.cursors.set(epoch, at - 2);
    centre.values.length = 9;
    await edge.commit(1);
    await edge.settle();
    await edge.settle();
    assert.deepEqual(centre.values, counted(0, 18));
    await edge.engine.close();
  }));

Deno.test("readings follow when the centre knows every sensor, as some may have other names", () =>
  withDatabase(async (url) => {
    const clock = fakeClock();
    const centre = new Centre();
    const known = Array.from({ length: 1_200 }, (_, i) => ({
      ...{ id: `s${i}`, name: `hall/press/s${i}`, unit: null, kind: "number", settings: {} },
    })) as unknown as Sensor[];
    const edge = await openEdge(url, clock, centre, 1e9, known);
    await edge.forwarder.step(NEVER);
    await edge.commit(1);
    await edge.settle();
    assert.deepEqual([centre.knewAtFirst, centre.values], [1_200, counted(0, 3)]);
    await edge.engine.close();
  }));
