/** `/api/health*` and `/api/metrics/*`: the host over HTTP. */
import assert from "node:assert/strict";
import { MINUTE_MS } from "../../lib/words/times.ts";
import { runApp } from "../support/app_client.ts";
import { hostSample } from "../support/host.ts";
import { until } from "../support/until.ts";

Deno.test("the host over HTTP: now, in a sentence, and over time", async (t) => {
  const host = () => ({
    sample: () =>
      Promise.resolve(hostSample({
        atMs: Date.now(),
        temperatures: [],
        disk: { totalBytes: 64e9, freeBytes: 1e9, inodes: 4e6, inodesFree: 3e6, readOnly: false },
      })),
    databaseWrites: () => Promise.resolve(null),
  });
  const under = await runApp({}, { host });
  const json = async (path: string, status = 200) => {
    const answer = await under.ask(path);
    assert.equal(answer.status, status, path);
    return await answer.json();
  };
  try {
    await t.step("by the preset limits before there are sensors", async () => {
      const { status, sentence, problems } = await json("/api/health/summary");
      assert.equal(status, "critical");
      assert.equal(sentence, "This Pi needs attention: Disk is at 98.4 %");
      assert.deepEqual(problems, [{ severity: "critical", text: "Disk is at 98.4 %" }]);
      const report = await json("/api/health");
      assert.deepEqual([report.cores, report.temperatures, report.writes.disk], [4, [], null]);
      const { values } = await json("/api/metrics/performance");
      assert.deepEqual([values.cpu, values.memory, values.temperature], [12, 25, null]);
      assert.deepEqual([report.pressure.cpu_percent, values.pressure_cpu], [1, 1]);
      assert.equal(values.card_writes, null, "of too little time");
    });
    await t.step("over time, of what was asked for", async () => {
      const { host: looked, intake } = under.parts;
      await looked!.sensors.make(["cpu", "disk"]);
      const atMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
      const drafts = [10, 20, 30].map((value, i) => ({
        sensor: "this host/cpu",
        tMs: atMs + i * 1000,
        value,
      }));
      await intake.offerBatch({ source: "host", topic: "host", drafts, rejects: [] });
      const { series } = await json("/api/metrics/history?from=-1h&points=61&names=cpu,disk");
      assert.deepEqual(series.map(({ name }: { name: string }) => name), ["cpu", "disk"]);
      const [{ t, min, mean, max, n }, disk] = series;
      assert.deepEqual([t, min, mean, max, n], [[atMs], [10], [20], [30], [3]]);
      assert.deepEqual(disk.t, []);
    });
    await t.step("what is written is the day's everywhere, once it is known", async () => {
      const { host: looked, intake } = under.parts;
      await looked!.sensors.make(["perch_writes"]);
      const drafts = Array.from({ length: 60 }, (_, i) => ({
        sensor: "this host/perch_writes",
        tMs: Date.now() - (i + 1) * MINUTE_MS,
        value: i < 30 ? 100 : 300,
      }));
      await intake.offerBatch({ source: "host", topic: "host", drafts, rejects: [] });
      const { writes } = await json("/api/health");
      const { values } = await json("/api/metrics/performance");
      assert.deepEqual([writes.perch, values.perch_writes], [200e6, 200]);
    });
    await t.step("what cannot be is named", async () => {
      for (
        const [query, field] of [
          ["names=cpu,nothing", "query.names"],
          ["from=now&to=-1h", "query.from"],
          ["points=0", "query.points"],
        ]
      ) {
        const { errors } = await json(`/api/metrics/history?${query}`, 400);
        assert.ok(errors[0].path.startsWith(field) || errors[0].message.includes(field), query);
      }
    });
  } finally {
    await under.stop();
  }
});

Deno.test("a host in need is said to be in every place", async () => {
  const host = () => ({
    sample: () => Promise.resolve(hostSample({ atMs: Date.now() })),
    sense: () => Promise.resolve({ cpu: 12, memory: 25, disk: 97, temperature: 48 }),
    databaseWrites: () => Promise.resolve(null),
  });
  const under = await runApp({}, { host });
  try {
    await until("the emergency", () => under.parts.emergency!.need());
    const summary = await (await under.ask("/api/health/summary")).json();
    assert.equal(summary.status, "critical");
    assert.equal(summary.sentence, "This Pi is in need: the disk is 97 % used");
    assert.match(summary.problems[0].text, /^in need: the disk is 97 % used \(since a moment ago/);
    const page = await (await under.ask("/host", { headers: { accept: "text/html" } })).text();
    assert.match(page, /<h1[^>]*>This Pi is in need: the disk is 97 % used/);
  } finally {
    await under.stop();
  }
});

Deno.test("where nobody looks at the host, nothing of it is measured and nothing is fine", async () => {
  const under = await runApp();
  try {
    const report = await (await under.ask("/api/health")).json();
    assert.deepEqual([report.status, report.memory, report.problems], ["unknown", null, []]);
    assert.equal(report.sentence, "This host is not measured");
    const { series } = await (await under.ask("/api/metrics/history")).json();
    assert.ok(series.length > 10 && series.every(({ t }: { t: number[] }) => t.length === 0));
  } finally {
    await under.stop();
  }
});
