/**
 * What is malformed in each dialect of devices: nothing crashes, each message is one counted reject or understood as
 * nothing, good traffic goes on. Seeded as `malformed_test.ts`: `MALFORMED_SEED`, `MALFORMED_N` for each (40 through
 * the broker and ten times as many straight to the dialects; the soak 10 000).
 * `SABOTAGE=malformed_devices`: dialects fail at a message now and then; the test must be red.
 */
import assert from "node:assert/strict";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { malformed } from "../support/devices/malformed.ts";
import { SPEAKERS } from "../support/devices/speakers.ts";
import { withGoodTraffic } from "../support/good_traffic.ts";
import { type HostileMessage, seeded } from "../support/hostile.ts";
import { publishAll } from "../support/hostile_wire.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const N = Number(Deno.env.get("MALFORMED_N") ?? 40);
const NOW_MS = Date.UTC(2026, 4, 1);
const bytesOf = (payload: string | Uint8Array) =>
  typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
const SEED = Number(Deno.env.get("MALFORMED_SEED") ?? 1_815);

Deno.test(`malformed messages of devices fail no dialect (${10 * N} of each dialect)`, () =>
  withPerch(async ({ app }) => {
    const { deviceDecode, deviceService } = app.parts();
    const random = seeded(SEED + 1);
    for (const speaker of SPEAKERS) {
      for (const [topic, payload] of speaker.announce) {
        deviceDecode.decode(topic, bytesOf(payload), false, NOW_MS);
      }
      for (let i = 0; i < 10 * N; i++) {
        const { topic, payload } = malformed(random, speaker);
        deviceDecode.decode(topic, payload, false, NOW_MS + i);
        if (i % 500 === 499) await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    const failed = deviceService.dialects().filter(({ failed }) => failed > 0);
    assert.deepEqual(failed.map(({ name, failed }) => `${name} failed ${failed} times`), []);
  }));

async function withPerch(run: (under: AppUnderTest) => Promise<void>): Promise<void> {
  const under = await startApp();
  try {
    await run(under);
  } finally {
    await under.close();
  }
}

Deno.test(`malformed messages of devices are one reject each, or nothing (${N} of each dialect)`, () =>
  withGoodTraffic(SEED, async ({ under, port, random, rejected, during }) => {
    const { deviceDialects, deviceService, rejects, sources } = under.app.parts();
    if (sabotaged("malformed_devices")) {
      for (const dialect of deviceDialects) {
        const decode = dialect.decode.bind(dialect);
        let n = 0;
        dialect.decode = (message) => decode(++n % 50 === 0 ? null! : message);
      }
    }
    const said = SPEAKERS.flatMap(({ announce, name }): HostileMessage[] =>
      announce.map(([topic, payload]) => ({
        ...{ what: name, topic },
        payload: bytesOf(payload),
      }))
    );
    await publishAll(port, said);
    const before = rejected();
    assert.equal(before, 0, JSON.stringify(rejects.sample()));
    const messages = SPEAKERS.flatMap((speaker) =>
      Array.from({ length: N }, () => malformed(random, speaker))
    );
    let records = 0;
    const add = rejects.add.bind(rejects);
    rejects.add = (record, ...more) => (records++, add(record, ...more));
    const received = () => sources[0].state().received;
    await during(async () => {
      const from = received();
      await publishAll(port, messages);
      await until("all of them", () => received() - from >= messages.length || null);
    });
    const failed = deviceService.dialects().filter(({ failed }) => failed > 0);
    assert.deepEqual(failed.map(({ name, failed }) => `${name} failed ${failed} times`), []);
    assert.ok(records > 0 && records <= messages.length, `${records} of ${messages.length}`);
  }));
