/**
 * A reader that is cut 1 000 times and comes back with `Last-Event-ID` gets every reading once; one
 * that stays away longer than the ring reaches is told so. The oracle is the count in the readings, not
 * the ids. `SABOTAGE=stream_resume` shrinks the ring to one event and must turn the first test red.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createStreamHub } from "../../lib/live/stream.ts";
import { mount } from "../../routes/http/mount.ts";
import { streamRoutes } from "../../routes/site/stream_api.ts";
import { directoryOf, groupOf } from "../support/directory.ts";
import { sabotaged } from "../support/sabotage.ts";
import { type EventReader, openStream } from "../support/sse.ts";

const sabotage = sabotaged("stream_resume");
const headers = { authorization: "Bearer x" };

function startServer(ringEvents: number) {
  const sensors = directoryOf([{ name: "plant/press/count" }]);
  const hub = createStreamHub({ clock: systemClock(), sensors, limits: { ringEvents } });
  const app = mount({
    routes: streamRoutes({ hub, sensors, limitSocket: () => false }),
    resolve: () => ({
      kind: "key",
      id: "k",
      name: "k",
      role: "viewer",
      scopes: null,
      machine: null,
      via: "key",
    }),
    log: silentLog(),
  });
  const abort = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, signal: abort.signal },
    app.fetch,
  );
  let count = 0;
  return {
    url: `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/api/stream`,
    published: () => count,
    publish() {
      const readings = Array.from({ length: 3 }, () => ({
        sensor: "plant/press/count",
        tMs: 1,
        value: ++count,
      }));
      hub.publishReadings(groupOf(sensors, readings));
    },
    async stop() {
      hub.stop();
      abort.abort();
      await server.finished;
    },
  };
}

Deno.test("stream loses and repeats nothing over 1000 reconnects with Last-Event-ID", async () => {
  const server = startServer(sabotage ? 1 : 4096);
  const publishing = setInterval(() => server.publish(), 2);
  const got: number[] = [];
  let lastEventId: string | undefined;
  let resets = 0;
  const take = async (reader: EventReader, events: number) => {
    for (let i = 0; i < events; i++) {
      const event = (await reader.next())!;
      if (event.type === "reset") resets++;
      for (const { value } of JSON.parse(event.data).readings ?? []) got.push(value);
      lastEventId = event.id;
    }
  };
  try {
    for (let round = 0; round < 1000; round++) {
      const reader = await openStream(server.url, { headers, lastEventId });
      // Cut at different places: right after hello, in the replay, in the live part.
      await take(reader, 1 + round % 4);
      await reader.cancel();
    }
    clearInterval(publishing);
    const reader = await openStream(server.url, { headers, lastEventId });
    while (got.at(-1) !== server.published()) await take(reader, 1);
    await reader.cancel();
    const wrong = got.filter((value, i) => i > 0 && value !== got[i - 1] + 1).length;
    console.log(`1000 reconnects, ${got.length} readings, ${wrong} missed or repeated`);
    assert.ok(got.length > 1000, `only ${got.length} readings: the test did not test`);
    assert.equal(wrong, 0);
    assert.equal(resets, 0);
  } finally {
    clearInterval(publishing);
    await server.stop();
  }
});

Deno.test("stream says reset to a reader that was away for longer than the ring reaches", async () => {
  const server = startServer(16);
  try {
    server.publish();
    const before = await openStream(server.url, { headers });
    const { id } = (await before.next())!;
    await before.cancel();
    for (let i = 0; i < 17; i++) server.publish();
    const after = await openStream(server.url, { headers, lastEventId: id });
    assert.equal((await after.next())!.type, "hello");
    assert.equal((await after.next())!.type, "reset");
    server.publish();
    const event = (await after.next())!;
    assert.equal(JSON.parse(event.data).readings[0].value, server.published() - 2);
    await after.cancel();
  } finally {
    await server.stop();
  }
});
