/**
 * A libSQL server that dies in mid-load (SIGKILL) and comes back, while Perch stays: nothing acknowledged is lost
 * or stored twice, and Perch is well again by itself. `SQLD_KILLS_N` sets how many deaths (the soak 50).
 * `SABOTAGE=sqld-kill` gives the server an empty database once: Perch is not well with it, and what was acknowledged
 * is gone.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { addKey, startPerch } from "../support/perch.ts";
import { startLoad } from "../support/mqtt_load.ts";
import { freePort } from "../support/port.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";
import { compare, judgeFull } from "./kill.ts";

const KILLS = Number(Deno.env.get("SQLD_KILLS_N") ?? 3);
const binary = await findSqld();

Deno.test({
  name:
    "sqld: killed under load and back, no acknowledged reading is lost or twice, and Perch stays",
  ignore: binary === null,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-sqld-kill-" });
    await using sqld = await startSqld(binary!);
    const mqttPort = freePort();
    const env = { DATABASE_URL: sqld.url, MQTT_PORT: String(mqttPort), LOG_LEVEL: "warn" };
    const key = await addKey({ dataDir, role: "admin", env });
    let perch = await startPerch({ dataDir, env });
    const load = startLoad({
      port: mqttPort,
      devices: 4,
      ratePerS: 200,
      startMs: Date.UTC(2026, 0, 1),
    });
    const healthy = async () => {
      const answer = await fetch(`${perch.url}/health/ready`).catch(() => null);
      await answer?.body?.cancel();
      return answer?.status === 200 || null;
    };
    try {
      let slowestMs = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const before = load.acknowledged();
        await until("readings to be taken", () => load.acknowledged() > before + 100 || null);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
        await sqld.kill();
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 800));
        if (kill === 0 && sabotaged("sqld-kill")) await sqld.wipe();
        await sqld.restart();
        if (kill === 0 && sabotaged("sqld-kill")) await sqld.setDurability("strong");
        const backMs = performance.now();
        await until("Perch to be ready", healthy);
        slowestMs = Math.max(slowestMs, performance.now() - backMs);
      }
      await load.stop();
      for (const when of ["still running", "after a restart"]) {
        if (when === "after a restart") {
          await perch.kill();
          perch = await startPerch({ dataDir, env });
        }
        const report = await compare(() => judgeFull(perch, key, load.ledger()));
        console.log(
          `sqld, ${when}: ${KILLS} deaths, ${report.acknowledged} acknowledged, ${report.lost} lost, ` +
            `${report.duplicate} twice; ready ${
              slowestMs.toFixed(0)
            } ms after the last restart at most`,
        );
        assert.deepEqual(
          [report.lost, report.duplicate, report.wrong],
          [0, 0, 0],
          report.examples.join("\n"),
        );
        assert.ok(report.acknowledged > 100 * KILLS);
      }
    } finally {
      await load.stop();
      await perch.kill();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
