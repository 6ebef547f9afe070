/** What the guide about Grafana says, by a real Prometheus and by the calls of the other data source. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { haveCommands } from "../support/commands.ts";
import { freePort } from "../support/port.ts";
import { until } from "../support/until.ts";

const guide = Deno.readTextFileSync(join(import.meta.dirname!, "../../static/guides/grafana.md"));
const fenced = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "m").exec(guide)![1];

async function withPlant(run: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await runApp();
  try {
    await app.ingest([
      { machine: "hall/press", sensor: "heat", value: 21.5, unit: "°C" },
      { machine: "hall/press", sensor: "load", value: 700, unit: "W" },
      { machine: "hall/pump", sensor: "load", value: 300, unit: "W" },
    ]);
    await run(app);
  } finally {
    await app.stop();
  }
}

Deno.test({
  name: "grafana: Prometheus takes the configuration of the guide and answers its queries",
  ignore: !haveCommands({ prometheus: "prometheus" }),
  fn: () =>
    withPlant(async (app) => {
      const folder = await Deno.makeTempDir({ prefix: "perch-prometheus-" });
      const { key } = await app.parts.access.keys.add(
        { name: "grafana", role: "viewer" },
        systemActor("test"),
      );
      await Deno.writeTextFile(`${folder}/perch.key`, key);
      const config = fenced("yaml").replace("/etc/prometheus/perch.key", `${folder}/perch.key`)
        .replace("raspberrypi.local:8080", new URL(app.url).host).replace("15s", "1s");
      await Deno.writeTextFile(`${folder}/prometheus.yml`, config);
      const port = freePort();
      const prometheus = new Deno.Command("prometheus", {
        args: [
          `--config.file=${folder}/prometheus.yml`,
          `--storage.tsdb.path=${folder}/data`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const ask = async (
          query: string,
        ): Promise<{ metric: Record<string, string>; value: string }[]> => {
          const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
          const response = await fetch(url).catch(() => null);
          if (response === null) return [];
          if (response.status === 503) { // it listens before it is ready, and says so in plain text
            await response.body?.cancel();
            return [];
          }
          const answer = await response.json();
          assert.equal(answer.status, "success", `${query}: ${answer.error}`);
          return answer.data.result.map((
            one: { metric: Record<string, string>; value: [number, string] },
          ) => ({
            metric: one.metric,
            value: one.value[1],
          }));
        };
        const [ofPress, byMachine, ...others] = fenced("promql").trim().split("\n");
        const found = await until("the press", async () => {
          const values = await ask(ofPress);
          return values.length > 0 ? values : null;
        });
        assert.deepEqual(
          found.map(({ metric, value }) => [metric.sensor, metric.unit, value]).toSorted(),
          [
            ["heat", "°C", "21.5"],
            ["load", "W", "700"],
          ],
        );
        const sums = await ask(byMachine);
        assert.deepEqual(sums.map(({ metric, value }) => [metric.machine, value]).toSorted(), [
          ["hall/press", "700"],
          ["hall/pump", "300"],
        ]);
        for (const query of others) await ask(query);
      } finally {
        prometheus.kill("SIGKILL");
        await prometheus.status;
        await Deno.remove(folder, { recursive: true });
      }
    }),
});

Deno.test("grafana: the calls of the other data source have the columns that the guide names", () =>
  withPlant(async (app) => {
    const cells = (field: string) =>
      [...guide.matchAll(new RegExp(`^\\| ${field} *\\| (.*?) *\\|$`, "gm"))].map(([, cell]) =>
        cell
      );
    const [csvUrl, jsonUrl] = cells("URL").map((cell) => cell.replaceAll("`", ""));
    const [csvColumns, jsonColumns] = cells("Columns").map((cell) =>
      Array.from(cell.matchAll(/`(\w+)`/g), ([, name]) => name)
    );
    const path = csvUrl.replace("${__from}", String(Date.now() - 3_600_000))
      .replace("${__to}", String(Date.now() + 1_000));
    const [head, first] = (await (await app.ask(path)).text()).trim().split(/\r?\n/);
    const values = Object.fromEntries(
      head.split(",").map((name, i) => [name, first.split(",")[i]]),
    );
    for (const name of csvColumns) assert.ok(name in values, `${name} in ${head}`);
    assert.equal(values.mean, "21.5");
    const machine = app.parts.machines;
    await machine.patchSensor(
      "hall/press/heat",
      { critical_high: 30 },
      () => ({ sql: "SELECT 1", args: [] }),
    );
    await app.ingest([{ machine: "hall/press", sensor: "heat", value: 95 }]);
    const alarm = await until(
      "the alarm",
      async () =>
        (await (await app.ask(jsonUrl)).json())[cells("Root")[0].replaceAll("`", "")][0] ?? null,
    );
    for (const name of jsonColumns) assert.ok(name in alarm, `${name} in ${Object.keys(alarm)}`);
  }));
