/**
 * What is malformed in each dialect of devices: nothing crashes, each message is one counted reject or understood as
 * nothing, good traffic goes on. Seeded as `malformed_test.ts`: `MALFORMED_SEED`, `MALFORMED_N` for each (40; the soak
 * 10 000).
 * `SABOTAGE=malformed_devices`: dialects fail at a message now and then; the test must be red.
 */
import assert from "node:assert/strict";
import { malformed } from "../support/devices/malformed.ts";
import { SPEAKERS } from "../support/devices/speakers.ts";
import { withGoodTraffic } from "../support/good_traffic.ts";
import type { HostileMessage } from "../support/hostile.ts";
import { publishAll } from "../support/hostile_wire.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const N = Number(Deno.env.get("MALFORMED_N") ?? 40);
const SEED = Number(Deno.env.get("MALFORMED_SEED") ?? 1_815);

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
    const known = new Set(deviceDialects.map(({ name }) => name));
    const speakers = SPEAKERS.filter(({ dialect }) => known.has(dialect));
    const said = speakers.flatMap(({ announce, name }): HostileMessage[] =>
      announce.map(([topic, payload]) => ({
        ...{ what: name, topic },
        payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
      }))
    );
    await publishAll(port, said);
    const before = rejected();
    assert.equal(before, 0, JSON.stringify(rejects.sample()));
    const messages = speakers.flatMap((speaker) =>
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
