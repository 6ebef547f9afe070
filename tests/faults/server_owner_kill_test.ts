/**
 * T9 on a libSQL server, with real processes: the owner is killed and another start takes over; the owner is
 * stopped for longer than it may be silent, another takes over, and the first goes on. Nothing that was
 * acknowledged is lost, and who was replaced acknowledges nothing more. `SABOTAGE=server-owner` gives the one who
 * was replaced its epoch back; then both write.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { addKey, type PerchProcess, startPerch } from "../support/perch.ts";
import { sabotaged } from "../support/sabotage.ts";
import { findSqld, startSqld } from "../support/sqld.ts";
import { until } from "../support/until.ts";

const SENSOR = "hall/press/load";
const binary = await findSqld();

Deno.test({
  name:
    "sqld: an owner that is killed, and one that is stopped, is replaced; the replaced acknowledges nothing",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    const folders = await Promise.all([1, 2, 3].map(() => Deno.makeTempDir()));
    const env = { DATABASE_URL: sqld.url, MQTT_PORT: "0", LOG_LEVEL: "warn" };
    const key = await addKey({ dataDir: folders[0], role: "engineer", env });
    const start = (n: number) => startPerch({ dataDir: folders[n], env });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const send = async ({ url }: PerchProcess, value: number): Promise<boolean> => {
      const body = JSON.stringify({ machine: "hall/press", sensor: "load", value });
      const answer = await fetch(`${url}/api/ingest`, { method: "POST", headers, body })
        .catch(() => null);
      await answer?.body?.cancel();
      return answer?.status === 200;
    };
    const running: PerchProcess[] = [];
    const acknowledged: number[] = [];
    const note = async (perch: PerchProcess, value: number) => {
      if (await send(perch, value)) acknowledged.push(value);
    };
    try {
      const first = await start(0);
      running.push(first);
      for (let value = 1; value <= 20; value++) await note(first, value);
      await first.kill();

      const second = await start(1);
      running.push(second);
      for (let value = 21; value <= 40; value++) await note(second, value);
      assert.equal(acknowledged.length, 40);

      Deno.kill(second.pid, "SIGSTOP");
      // Waits in the socket of who is stopped, and is read only when it goes on.
      const late = send(second, 41);
      const third = await start(2);
      running.push(third);
      for (let value = 42; value <= 60; value++) await note(third, value);
      if (sabotaged("server-owner")) {
        const client = createClient({ url: sqld.url });
        await client.execute("UPDATE owner SET epoch = epoch - 1");
        client.close();
      }
      Deno.kill(second.pid, "SIGCONT");
      assert.equal(await late, false, "who was replaced acknowledges nothing");
      await until("the replaced one to end", async () => !await alive(second.pid) || null);
      assert.match(
        second.output(),
        /not the owner of the database any more: Perch on .* this one ends/s,
      );
      assert.equal(await send(third, 61), true);
      acknowledged.push(61);
      const path = `/api/readings?sensor=${SENSOR}&from=0&points=0&limit=1000`;
      const answer = await fetch(third.url + path, { headers });
      const { v } = await answer.json();
      assert.deepEqual(v, acknowledged);
    } finally {
      for (const perch of running) {
        if (await alive(perch.pid)) Deno.kill(perch.pid, "SIGCONT");
        await perch.kill();
      }
      for (const folder of folders) await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A process that was not waited for yet is a zombie, and not alive. */
async function alive(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return status !== "" && !/^State:\s+Z/m.test(status);
}
