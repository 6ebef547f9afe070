/** The files in `<data>/logs`, of a whole Perch. */
import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { until } from "../support/until.ts";

const linesOf = (path: string): Record<string, string>[] | null => {
  try {
    return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
  } catch {
    return null;
  }
};

Deno.test("events and warnings of a running Perch stand in the log files, and its last ones after it ended", async () => {
  const { app, dataDir } = await startApp();
  try {
    const { events, intake: _, ...parts } = app.parts();
    const file = (name: string) => `${dataDir}/logs/${name}_events.log`;
    const append = (type: "machine.status_changed" | "backup.failed", text: string) =>
      events.append({
        type,
        subject: "machine:m1",
        severity: "warning",
        tMs: parts.clock.now(),
        text,
        actor: null,
        body: null,
        route: false,
      });
    await append("machine.status_changed", "Press 3 is silent");
    const [line] = await until("the line", () => linesOf(file("sensor")));
    assert.equal(line.event_type, "machine.status_changed");
    assert.equal(line.description, "Press 3 is silent");
    // Nobody waits two seconds for it.
    await append("backup.failed", "the last one");
    await app.stop();
    assert.deepEqual(linesOf(file("data"))?.map((one) => [one.component, one.description]), [
      ["backup", "the last one"],
    ]);
  } finally {
    await app.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
