/**
 * Sensors at the host, by the compiled binary with the permissions that it has: the tree of a Raspberry Pi takes
 * the place of `/sys`, in a mount namespace of its own, for which root is needed.
 */
import assert from "node:assert/strict";
import { binaries } from "../support/binaries.ts";
import { addKey, startPerch } from "../support/perch.ts";
import { sysTree } from "../support/sys_tree.ts";
import { until } from "../support/until.ts";

const ID = "w1:28-0316a2793aff";

// Under qemu it takes minutes.
for (const binary of binaries().filter(({ runner }) => runner.length === 0)) {
  Deno.test({
    name: `${binary.file} (${binary.name}) reads the buses of a Raspberry Pi`,
    ignore: !binary.isThere || Deno.uid() !== 0,
  }, async () => {
    await using tree = await sysTree("pi3");
    const dataDir = await Deno.makeTempDir({ prefix: "perch-hardware-" });
    const { readyMs } = binary;
    const options = { dataDir, binary: [...binary.runner, binary.path], readyMs };
    const key = await addKey({ ...options, role: "admin" });
    const bind = `mount --bind ${tree.root}/sys /sys && exec "$0" "$@"`;
    const perch = await startPerch({
      ...options,
      env: { MQTT_PORT: "0" },
      under: ["unshare", "--mount", "sh", "-c", bind],
    });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${perch.url}/api/${path}`, { headers, ...init });
      const text = await response.text();
      assert.ok(response.ok, `${path}: ${text}`);
      return JSON.parse(text);
    };
    try {
      await ask("hardware/look", { method: "POST", body: "{}" });
      const found = await until("the thermometer", async () => {
        const { channels } = await ask("hardware");
        return channels.find(({ id, value }: { id: string; value: number | null }) =>
          id === ID && value !== null
        ) ?? null;
      }, readyMs);
      assert.equal(found.value, 21.437);
      const sensor = "hall/boiler/temperature";
      const body = JSON.stringify({ id: ID, sensor, settings: { interval_s: 1 } });
      await ask("hardware/inputs", { method: "POST", body });
      const { v, unit } = await until("its readings", async () => {
        const readings = await ask(`readings?sensor=${sensor}&points=0`).catch(() => ({ v: [] }));
        return readings.v.length > 1 ? readings : null;
      }, readyMs);
      assert.deepEqual([v[0], unit], [21.437, "°C"]);
      assert.equal(await perch.stop(), 0);
    } finally {
      await perch.kill();
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}
