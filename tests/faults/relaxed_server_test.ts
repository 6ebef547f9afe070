/**
 * A libSQL server that answers before its disk has the data: nothing is acknowledged with it, from the moment at
 * which it is so until it is not any more. `SABOTAGE=relaxed` opens it without the condition; then readings are taken.
 */
import assert from "node:assert/strict";
import { openStorage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import { perchHere } from "../support/command_here.ts";
import { withDir } from "../support/command_line.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { groupOf } from "../support/storage.ts";

const binary = await findSqld();
const START_MS = Date.UTC(2026, 0, 1);
const RELAXED = {
  code: "storage_failed",
  message:
    /answers before its disk has the data \(its PRAGMA synchronous is 1, Perch needs 2\).*--enable-namespaces.*"durability_mode":"strong"/,
};

Deno.test({
  name:
    "sqld with relaxed durability: a start is refused, a running Perch stores nothing, and goes on once it is strong",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!, "relaxed");
    const synchronous = sabotaged("relaxed") ? "normal" as const : "full" as const;
    const open = () => openStorage({ url: sqld.url, log: silentLog(), synchronous });
    await assert.rejects(open(), RELAXED);
    await sqld.setDurability("strong");
    const storage = await open();
    const append = (n: number) =>
      storage.readings.append(groupOf([{ sensor: 1, tMs: START_MS + n, value: n }]), []);
    try {
      await append(1);
      // Between two commits, and the server answers all the time.
      await sqld.setDurability("relaxed");
      await assert.rejects(append(2), RELAXED);
      await assert.rejects(
        storage.db.write([{ sql: "UPDATE series SET sensor = sensor" }]),
        RELAXED,
      );
      await sqld.kill();
      await sqld.restart();
      await assert.rejects(append(2), RELAXED);
      assert.equal((await storage.readings.stats()).readings, 1, "what is there is shown");
      await sqld.setDurability("strong");
      await sqld.kill();
      await sqld.restart();
      await append(2);
      assert.equal((await storage.readings.stats()).readings, 2);
    } finally {
      await storage.close();
    }
  },
});

Deno.test({
  name: "perch check: a libSQL server with relaxed durability is a problem, with what to set",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!, "relaxed");
    await withDir(async (dir) => {
      const env = { DATABASE_URL: sqld.url, PERCH_PORT: "0", MQTT_PORT: "0" };
      const database = async () => {
        const { out } = await perchHere(dir, ["check", "--json", "--no-queue-probe"], { env });
        const { checks } = JSON.parse(out);
        return checks.filter(({ name }: { name: string }) => name === "database");
      };
      const [problem] = await database();
      assert.equal(problem.state, "problem");
      assert.match(problem.detail, RELAXED.message);
      await sqld.setDurability("strong");
      const sentences = (await database()).map(({ detail }: { detail: string }) => detail);
      assert.ok(sentences.includes("the server waits for its disk at each commit"), `${sentences}`);
    });
  },
});
