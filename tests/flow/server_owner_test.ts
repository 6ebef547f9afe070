/** One Perch per libSQL server: a second start is refused while the first lives, and an old owner writes nothing. */
import assert from "node:assert/strict";
import { openStorage } from "../../lib/app/storage.ts";
import type { PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { groupOf } from "../support/storage.ts";

const binary = await findSqld();
const reading = (value: number) =>
  groupOf([{ sensor: 1, tMs: Date.UTC(2026, 0, 1) + value, value }]);

Deno.test({
  name:
    "openStorage on a libSQL server is refused while another Perch gives signs of life, not after its end",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    const first = await openStorage({ url: sqld.url, log: silentLog() });
    await assert.rejects(openStorage({ url: sqld.url, log: silentLog() }), {
      code: "not_started",
      message: new RegExp(`in use by Perch on ${Deno.hostname()} \\(process ${Deno.pid} since`),
    });
    await first.readings.append(reading(1), []);
    await first.close();
    const startMs = performance.now();
    const second = await openStorage({ url: sqld.url, log: silentLog() });
    assert.ok(performance.now() - startMs < 10_000, "a clean end is not waited for");
    assert.equal((await second.readings.stats()).readings, 1);
    await second.close();
  },
});

Deno.test({
  name:
    "a Perch that was replaced on a libSQL server stores nothing more and ends; the next goes on",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    const dataDir = await Deno.makeTempDir();
    const ended = Promise.withResolvers<PerchError>();
    const open = (onFault: (error: PerchError) => void) =>
      openStorage({ url: sqld.url, dataDir, log: silentLog(), onFault });
    try {
      const paused = await open(ended.resolve);
      await paused.readings.append(reading(1), []);
      // From the same place: its lock says that the one before is dead, though here it is only slow.
      const next = await open(ended.reject);
      await assert.rejects(paused.readings.append(reading(2), []), {
        code: "storage_failed",
        message: /not the owner of the database any more: Perch on/,
      });
      assert.match((await ended.promise).message, /this one ends/);
      await next.readings.append(reading(3), []);
      const { value } = await next.readings.raw({ sensor: 1, fromMs: 0, toMs: 4e12, limit: 9 });
      assert.deepEqual([...value], [1, 3]);
      await paused.close();
      await next.close();
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
