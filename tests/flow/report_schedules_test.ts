/**
 * Reports by schedule with a real SMTP server: sent now, due, and where Perch ended after the report was made and
 * before its mail was queued.
 */
import assert from "node:assert/strict";
import type { JobJson } from "../../lib/jobs/shape.ts";
import { createJobStore } from "../../lib/jobs/jobs_store.ts";
import type { ScheduleJson } from "../../lib/reports/schedules/schedule.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const SMTP = {
  SMTP_SERVER: "127.0.0.1",
  SENDER_EMAIL: "perch@example.org",
  RECIPIENT_EMAIL: "plant@example.org",
  PERCH_PUBLIC_URL: "https://perch.example.org",
};

// deno-lint-ignore no-explicit-any
type Json = any;

async function send(app: RunningApp, method: string, path: string, body?: unknown): Promise<Json> {
  const headers = { "content-type": "application/json" };
  const role = "engineer";
  const answer = await app.ask(path, { role, method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const deliveriesOf = (app: RunningApp, job: string) =>
  app.parts.notify.outbox.list({ subject: `report:${job}` }).then(({ items }) => items);

Deno.test("reports by schedule: made, mailed with the file, once for each time, and after an end in between", async () => {
  const smtp = await startSmtp();
  const data = await Deno.makeTempDir({ prefix: "perch-schedules-" });
  const start = () => runApp({ ...SMTP, SMTP_PORT: String(smtp.port), PERCH_DATA: data });
  let app = await start();
  try {
    await app.ingest([{ machine: "hall/press", sensor: "bearing", unit: "°C", value: 60 }]);
    const [channel] = app.parts.reportSchedules.channels();
    const wrong = await app.ask("/api/report-schedules", {
      role: "engineer",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "x", cron: "0 6 * * 1", report: {}, channels: ["nobody"] }),
    });
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /there is no mail channel \\"nobody\\"/);
    const made: ScheduleJson = await send(app, "POST", "/api/report-schedules", {
      name: "Mondays",
      cron: "0 6 * * 1",
      report: { format: "csv", range: "last_week", machines: ["hall"] },
      channels: [channel.id],
    });
    assert.ok(made.next_ms! > Date.now());
    const schedule = async (): Promise<ScheduleJson> =>
      (await send(app, "GET", "/api/report-schedules")).items[0];

    const job: JobJson = await send(app, "POST", `/api/report-schedules/${made.id}/send`);
    const mail = await until("the mail", () => smtp.mails[0]?.mail ?? null);
    const done: JobJson = await send(app, "GET", `/api/reports/${job.id}`);
    assert.deepEqual(mail.attachments.map(({ filename, disposition }) => [filename, disposition]), [
      [done.file!.name, "attachment"],
    ]);
    const file = await (await app.ask(`/api/reports/${job.id}/file`)).bytes();
    assert.deepEqual(new Uint8Array(mail.attachments[0].content as ArrayBuffer), file);
    assert.match(mail.subject!, /^\[REPORT\] Mondays: /);
    assert.match(
      mail.text!,
      new RegExp(`Open in Perch: ${SMTP.PERCH_PUBLIC_URL}/reports/${job.id}`),
    );
    assert.deepEqual((await schedule()).last, { id: job.id, state: "done" });

    // Perch did not run when it was due: several times, and one report is made.
    await app.stop();
    app = await start();
    await withPast(app, made.id);
    await app.stop();
    app = await start();
    await until("the report that was missed", () => smtp.mails.length === 2 ? true : null);
    const { last_due_ms } = await schedule();
    assert.ok(last_due_ms! <= Date.now() && last_due_ms! > Date.now() - 7 * 24 * HOUR_MS - HOUR_MS);
    const jobs: JobJson[] = (await send(app, "GET", "/api/reports")).items;
    assert.deepEqual(jobs.map(({ options }) => options.due_ms), [last_due_ms, undefined]);

    // It ended when the report was made: nothing was written, or its event alone.
    for (const hasEvent of [false, true]) {
      const id = await madeOnly(app, made.id, hasEvent);
      await app.stop();
      app = await start();
      const delivered = await until("its delivery", async () => {
        const rows = await deliveriesOf(app, id);
        return rows.some(({ state }) => state === "delivered") ? rows : null;
      });
      assert.equal(delivered.length, 1);
    }
    assert.equal(smtp.mails.length, 4);
    assert.equal(new Set(smtp.mails.map(({ mail }) => mail.messageId)).size, 4);
    assert.match(smtp.mails[3].mail.text!, /The file is kept no longer\./);
  } finally {
    await app.stop();
    await smtp.close();
    await Deno.remove(data, { recursive: true });
  }
});

/** The schedule is three weeks old, and its last report too. */
async function withPast({ parts }: RunningApp, id: string): Promise<void> {
  const sinceMs = Date.now() - 21 * 24 * HOUR_MS;
  await parts.storage.db.write([{
    sql: "update report_schedules set options = json_set(options, '$.since_ms', ?), " +
      "last_due_ms = ? where id = ?",
    args: [sinceMs, sinceMs, id],
  }]);
}

/** A report of the schedule that is made, of which nothing else is written; its control writes that it was told. */
async function madeOnly(
  { parts }: RunningApp,
  schedule: string,
  hasEvent: boolean,
): Promise<string> {
  const { storage: { db }, events } = parts;
  const store = createJobStore(db);
  const id = `made${hasEvent ? "with" : "without"}`;
  const content = { format: "csv", machines: [], sections: ["sensors"], title: "" };
  const options = { ...content, decimal_comma: false, from_ms: 0, to_ms: 1, schedule };
  const result = { title: "Report", subtitle: "", figures: [], told: sabotaged("report-mail") };
  const file = { name: "gone.csv", type: "text/csv", bytes: 8, stored: `${id}.csv` };
  await db.write([
    store.add({ id, kind: "report", title: "Fixture", options, by: "test", createdMs: 1 }),
    store.start(id, 2),
    store.end(id, "running", { state: "done", result, file, error: null, finishedMs: 3 }),
  ]);
  if (hasEvent) {
    await events.append({
      ...{ type: "report.made", subject: `report:${id}`, severity: "info", tMs: 4 },
      ...{ text: "Scheduled report made", actor: null, route: false },
      body: {
        file: { job: id, name: file.name, type: file.type, bytes: file.bytes },
        report: { badge: "Report", look: "info", title: "Report", facts: [], sections: [] },
      },
    });
  }
  return id;
}
