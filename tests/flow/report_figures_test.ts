/** What a report says of a machine that was critical while Perch was started anew, from readings to the document. */
import assert from "node:assert/strict";
import { buildApp } from "../../lib/app.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import { createReportSources } from "../../lib/app/report_sources.ts";
import { parseConfig } from "../../lib/base/config.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { ReportDocument } from "../../lib/reports/document.ts";
import { buildReport } from "../../lib/reports/figures/build.ts";
import { REPORT_PARTS } from "../../lib/reports/order.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/until.ts";

/** A minute, the least that is a failure, is a second. */
const TIMES = 60;

Deno.test("a report counts what was judged then: a failure over a restart, and the time without Perch as unknown", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-report-" });
  const clock = fastClock(TIMES);
  const begunMs = clock.now();
  const config = parseConfig({
    PERCH_DATA: dataDir,
    PERCH_HOST: "127.0.0.1",
    PERCH_PORT: "0",
    MQTT_PORT: "0",
  });
  const run = async <T>(work: (site: Site) => Promise<T>): Promise<T> => {
    const app = buildApp({ config, version: "0.0.0-test", log: silentLog(), clock });
    const { url } = await app.start();
    try {
      return await work(new Site(url, app.parts()));
    } finally {
      await app.stop();
    }
  };
  const report = (site: Site, toMs: number) =>
    buildReport(
      createReportSources({ ...site.parts, config }, {
        ...site.parts,
        tickets: site.parts.tickets.tickets,
      }),
      {
        fromMs: begunMs - 600_000,
        toMs,
        orderedMs: clock.now(),
        machines: [],
        parts: REPORT_PARTS,
        title: null,
      },
      () => {},
      new AbortController().signal,
    );
  try {
    await run(async (site) => {
      await site.send(50);
      await site.limit(90);
      await site.send(95);
      await until("the machine is critical", () => site.status() === "critical" || null);
      const sinceMs = clock.now();
      await until("that is a failure", () => clock.now() - sinceMs > 70_000 || null);
    });
    const document = await run(async (site) => {
      await until("the machine is still critical", () => site.status() === "critical" || null);
      // Limits of today do not change what was.
      await site.limit(200);
      await site.send(95);
      await until("the machine is well", () => site.status() === "normal" || null);
      // The sensor and its machine; what was normal before may have been too short to be looked at.
      await until("that was stored", async () =>
        (await site.parts.storage.db.query({
            sql:
              "select count(*) from status_changes where status = 'normal' and subject <> 'perch'" +
              " and t_ms > (select max(t_ms) from status_changes where status = 'critical')",
          })).rows[0][0] as number >= 2 || null);
      const toMs = clock.now();
      const first = await report(site, toMs);
      const again = await report(site, toMs);
      assert.deepEqual(again, first);
      return first;
    });
    assert.deepEqual(document.sections.map(({ title }) => title), [
      "Machine performance",
      "Alarm history",
      "Predictions",
      "Sensor summary",
    ]);
    const [performance, alarms, , sensors] = document.sections;
    const figures = Object.fromEntries(performance.figures.map(({ label, text }) => [label, text]));
    assert.equal(figures.Failures, "1");
    assert.match(figures.MTBF, /\(few data\)$/);
    const times = rowOf(document, "Where the time went");
    assert.ok(times.Unknown as number > 1 / 6, "the time before Perch is unknown");
    assert.ok(times.Down as number > 0);
    const parts = ["Planned maintenance", "Up", "Down", "Unknown"];
    const together = parts.reduce((sum, name) => sum + (times[name] as number), 0);
    assert.ok(Math.abs(together - (times.Range as number)) < 1e-9);
    const values = rowOf(document, "Values");
    assert.deepEqual([values.Readings, values.Smallest, values.Largest], [3, 50, 95]);
    assert.ok(rowOf(document, "Time in each status").Critical as number > 0);
    assert.equal(sensors.charts.length, 1);
    assert.equal(alarms.tables.find(({ title }) => title === "Alarms")?.rows.length, 1);
    allIsSaid(document);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

class Site {
  #token: Promise<string>;

  constructor(
    readonly url: string,
    readonly parts: ReturnType<ReturnType<typeof buildApp>["parts"]>,
  ) {
    this.#token = parts.access.keys.add(
      { name: `t${Math.random()}`, role: "engineer" },
      systemActor("test"),
    ).then(({ key }) => key);
  }

  async ask(method: string, path: string, body: unknown): Promise<void> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${await this.#token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, text);
  }

  send(value: number) {
    return this.ask("POST", "/api/ingest/batch", [{
      machine: "hall/press",
      sensor: "temperature",
      value,
    }]);
  }

  limit(critical_high: number) {
    return this.ask("PATCH", `/api/sensors/${this.#sensor().id}`, { critical_high });
  }

  status() {
    return this.parts.statuses.machine("hall/press").status;
  }

  #sensor() {
    return this.parts.registry.find("hall/press/temperature")!;
  }
}

function rowOf(document: ReportDocument, title: string): Record<string, string | number | null> {
  const table = document.sections.flatMap(({ tables }) => tables).find((one) =>
    one.title === title
  );
  assert.ok(table, title);
  return Object.fromEntries(table.columns.map((column, i) => [column.title, table.rows[0][i]]));
}

/** Nothing is NaN or undefined, each row is as wide as its table, and each note that is named is there. */
function allIsSaid(document: ReportDocument): void {
  assert.doesNotMatch(JSON.stringify(document), /NaN|undefined|Infinity/);
  for (const { tables, notes, figures } of document.sections) {
    const ids = new Set(notes.map(({ id }) => id));
    const named = [...figures, ...tables.flatMap(({ columns }) => columns)];
    for (const { note } of named) assert.ok(note === undefined || ids.has(note), `note ${note}`);
    for (const { columns, rows, title } of tables) {
      for (const row of rows) {
        assert.equal(row.length, columns.length, title);
        for (const cell of row) assert.ok(typeof cell !== "number" || Number.isFinite(cell), title);
      }
    }
  }
}
