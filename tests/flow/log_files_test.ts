/** The files in `<data>/logs`, of a whole Perch, and what reads them. */
import assert from "node:assert/strict";
import type { EventDraft } from "../../lib/events/event.ts";
import { startApp } from "../support/app.ts";
import { runApp } from "../support/app_client.ts";
import { perchHere } from "../support/command_here.ts";
import { withDir } from "../support/command_line.ts";
import { until } from "../support/until.ts";

const draft = (change: Partial<EventDraft>): EventDraft => ({
  type: "machine.status_changed",
  subject: "machine:m1",
  severity: "warning",
  tMs: Date.now(),
  text: "Press 3 is silent for 12 s",
  actor: null,
  body: null,
  route: false,
  ...change,
});

const linesOf = (path: string): Record<string, string>[] | null => {
  try {
    return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
  } catch {
    return null;
  }
};

Deno.test("events of a Perch stand in the log files, its last ones too", async () => {
  const { app, dataDir } = await startApp();
  try {
    const { events } = app.parts();
    const file = (name: string) => `${dataDir}/logs/${name}_events.log`;
    await events.append(draft({}));
    await events.append(draft({ type: "access.invited", subject: "user:u1", text: "Ada" }));
    const [line] = await until("the line", () => linesOf(file("sensor")));
    assert.equal(line.event_type, "machine.status_changed");
    assert.equal(line.description, "Press 3 is silent for 12 s");
    // Nobody waits for it.
    await events.append(draft({ type: "backup.failed", text: "the last one" }));
    await app.stop();
    // Without what concerns one person alone.
    assert.deepEqual(linesOf(file("data"))?.map((one) => [one.component, one.description]), [
      ["backup", "the last one"],
    ]);
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("/api/logs/recent answers engineers with what was said until now", async () => {
  const { ask, parts, stop } = await runApp();
  try {
    for (const text of ["Press 3 is silent for 12 s", "Press 3 is silent for 90 s"]) {
      await parts.events.append(draft({ text }));
    }
    await parts.events.append(draft({ severity: "info", text: "fine" }));
    await parts.eventFeed.look();
    const answer = await ask("/api/logs/recent?hours=1&severity=warning", { role: "engineer" });
    const report = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(report));
    assert.equal(report.lines, 2);
    assert.equal(report.lost, 0);
    const [{ template, count, example }] = report.patterns;
    assert.deepEqual([template, count, example], [
      "Press # is silent for # s",
      2,
      "Press 3 is silent for 90 s",
    ]);
    for (const query of ["hours=0", "hours=x", "hours=1e9", "severity=bad", "since=1"]) {
      const refused = await ask(`/api/logs/recent?${query}`, { role: "engineer" });
      assert.equal(refused.status, 400, query);
      await refused.body?.cancel();
    }
    const viewer = await ask("/api/logs/recent");
    assert.equal(viewer.status, 403);
    await viewer.body?.cancel();
  } finally {
    await stop();
  }
});

Deno.test("perch logs reads the files without a Perch: rotated ones, torn lines and odd texts too", async () => {
  await withDir(async (dir) => {
    const empty = await perchHere(dir, ["logs"]);
    assert.equal(empty.code, 0);
    assert.match(empty.out, /^Nothing of the last 24 hours stands in .*logs\.$/);
    Deno.mkdirSync(`${dir}/logs`);
    const line = (agoMs: number, error_message: string) =>
      JSON.stringify({
        timestamp: new Date(Date.now() - agoMs).toISOString(),
        type: "error",
        component: "storage",
        error_message,
      }) + "\n";
    const stamp = new Date(Date.now() - 60_000).toISOString().replaceAll(/[-:.]/g, "");
    Deno.writeTextFileSync(
      `${dir}/logs/error_events.${stamp}.log`,
      line(7_200_000, "write 1 failed") + line(120_000, "write 2 failed") + '{"timestamp":"20',
    );
    Deno.writeTextFileSync(`${dir}/logs/error_events.log`, line(1_000, "write 3\u001b[31m failed"));
    Deno.writeTextFileSync(`${dir}/logs/other.log`, "not ours\n");
    const { code, out } = await perchHere(dir, ["logs", "--recent-errors", "--hours", "1"]);
    assert.equal(code, 0);
    assert.match(out, /^2 lines of the last hour: 2 error\.\nBy component: storage 2\./);
    assert.match(out, /1 lines? could not be read\./);
    assert.ok(!out.includes("\u001b"), out);
    const json = JSON.parse((await perchHere(dir, ["logs", "--json"])).out);
    assert.deepEqual([json.lines, json.unreadable, json.by_severity.error], [3, 1, 3]);
    const cases: [string[], RegExp][] = [
      [["--hours", "0"], /^--hours is "0": give a number from 0.01 to 8784/],
      [["--severity", "bad"], /^--severity is "bad": give one of info, warning, error, critical/],
      [["--severity", "info", "--recent-errors"], /give one of them/],
    ];
    for (const [args, expected] of cases) {
      const wrong = await perchHere(dir, ["logs", ...args]);
      assert.equal(wrong.code, 2);
      assert.match(wrong.err, expected);
    }
  });
});
