/**
 * A node without the lease, beside one that has it and whose clock is an hour ahead: whose the lease is goes by the
 * server's clock. `SABOTAGE=node-clock` takes that of the node instead.
 */
import assert from "node:assert/strict";
import { standBy } from "../../lib/app/nodes/standby.ts";
import type { Finding } from "../../lib/cli/check/check.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import { openConnection } from "../../lib/db/connection.ts";
import { keeperOf } from "../../lib/db/nodes.ts";
import { startApp } from "../support/app.ts";
import { perchHere } from "../support/command_here.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";
import { wrongClock } from "../support/wrong_clock.ts";

const HOUR_MS = 3_600_000;
const JWT_SECRET = "a secret that both of the nodes were given";
const binary = await findSqld();

function environment(databaseUrl: string, port = freePort()): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: String(port),
    PERCH_NODE_URL: `http://127.0.0.1:${port}`,
    NODE_LEASE_S: "15",
    JWT_SECRET,
  };
}

Deno.test({
  name:
    "a node hands on to a keeper whose clock is an hour ahead, and takes over at its end; other keys are refused",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    const keeper = await startApp(environment(sqld.url), { clock: wrongClock(HOUR_MS) });
    const folder = await Deno.makeTempDir({ prefix: "perch-node-" });
    const log = silentLog();
    const second = (more: Record<string, string> = {}) =>
      parseConfig({ ...environment(sqld.url), PERCH_DATA: folder, ...more });
    const connection = await openConnection({ url: sqld.url });
    try {
      await until(
        "the keeper to say where it is",
        async () => (await keeperOf(connection, 0))?.url ?? null,
      );
      if (sabotaged("node-clock")) {
        await connection.write([{
          sql: "UPDATE owner SET beat_ms = ?",
          args: [Date.now() - HOUR_MS],
        }]);
      }
      assert.equal((await keeperOf(connection, 0))?.isGone, false);
      const others: Record<string, string>[] = [{}, {
        JWT_SECRET: "another secret than the one of the first",
      }];
      for (const more of others) {
        const other = await standBy({ config: second(more), log });
        await assert.rejects(other.untilFree(), {
          code: "not_started",
          message: /other keys than the one on .*: copy jwt\.key and channels\.key .* Nothing was/,
        });
        await other.stop();
        await Deno.copyFile(`${keeper.dataDir}/channels.key`, `${folder}/channels.key`);
      }
      const standby = await standBy({ config: second(), log });
      const free = standby.untilFree();
      const { detail } = await until("the keeper to see the other", () => {
        const nodes = keeper.app.parts().components.all().find(({ name }) => name === "nodes");
        return nodes?.health === "ok" ? nodes : null;
      }, 60_000);
      assert.match(detail, /^One other node would take over: http/);
      const answer = await fetch(`${standby.url}/health/ready`);
      assert.equal(answer.status, 200, await answer.text());
      const page = await fetch(`${standby.url}/sign-in`);
      assert.match(await page.text(), /<title>/);
      const { out } = await perchHere(folder, ["check", "--json", "--no-queue-probe"], {
        env: environment(sqld.url),
      });
      const checks = JSON.parse(out).checks as Finding[];
      const of = (name: string) => checks.filter((one) => one.name === name);
      assert.deepEqual(of("nodes").map(({ state }) => state), ["ok", "ok", "warn"]);
      assert.match(of("nodes")[1].detail, /would take over$/);
      assert.match(of("nodes")[2].advice!, /set MQTT_URL on every node/);
      assert.deepEqual(of("database").map(({ state }) => state), ["unknown"]);
      await keeper.app.stop();
      await free;
      assert.equal((await fetch(`${standby.url}/health/live`).then((r) => r.json())).status, "ok");
      const gone = await fetch(`${standby.url}/api/ingest`, { method: "POST", body: "{}" });
      assert.equal(gone.status, 503);
      assert.match((await gone.json()).detail, /no node keeps this site at the moment/);
      await standby.stop();
    } finally {
      await connection.close();
      await keeper.app.stop();
      for (const dir of [folder, keeper.dataDir]) await Deno.remove(dir, { recursive: true });
    }
  },
});
