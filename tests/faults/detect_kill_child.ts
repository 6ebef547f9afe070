/**
 * Stores a seeded stream of groups and judges it, from where the database stands to group `to`; then it ends.
 * Arguments: data directory, `to`, milliseconds between groups, "" or "forget" (a deliberate break: the runner
 * starts with the newest group and replays nothing).
 */
import { openStorage } from "../../lib/app/storage.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { createCustomDetectors } from "../../lib/detect/custom/custom.ts";
import { createFindingStore } from "../../lib/detect/findings_store.ts";
import { createRunner } from "../../lib/detect/runner/runner.ts";
import { createSandbox } from "../../lib/scripts/sandbox.ts";
import { streamGroup, streamPlan } from "../support/detect_stream.ts";

const [dataDir, to, paceMs, sabotage] = Deno.args;
const storage = await openStorage({ url: `file:${dataDir}/perch.db`, log: silentLog() });
const { readings, db } = storage;
const { rows } = await db.query({
  sql: "SELECT max(id) FROM (SELECT id FROM journal_a UNION ALL SELECT id FROM journal_b)",
});
const stored = Number(rows[0][0] ?? 0);
const runner = createRunner({
  clock: systemClock(),
  log: silentLog(),
  readings: sabotage === "forget"
    ? { ...readings, cursor: () => Promise.resolve(stored) }
    : readings,
  db,
  findings: createFindingStore(db),
  plan: streamPlan,
  publish: () => {},
  options: { saveMs: 60, saveReadings: 0, idleMs: 1e9 },
});
/** Of a site: the average of each sensor, and what is far from it. */
const FAR = `export const sensors = ["1", "5"];
export function step(state = { n: 0, mean: 0 }, { kind, value }) {
  if (kind === "tick") return { state };
  const n = state.n + 1;
  const far = Math.abs(value - state.mean) > 3;
  return {
    state: { n, mean: state.mean + (value - state.mean) / Math.min(n, 50) },
    findings: [far
      ? { phase: "raised", severity: "warning", text: "far from " + state.mean + " of " + n }
      : { phase: "cleared", text: "near to " + state.mean + " of " + n }],
  };
}`;
const sandbox = createSandbox({ log: silentLog() });
const custom = createCustomDetectors({
  clock: systemClock(),
  log: silentLog(),
  db: sabotage === "forget" ? { ...db, query: () => Promise.resolve({ rows: [] }) } as never : db,
  readings,
  findings: createFindingStore(db),
  scripts: {
    sandbox,
    runnable: () => [{ kind: "detector", name: "far", source: FAR, hash: "1" }],
    find: () => null,
    onChange: () => {},
  },
  sensorOf: (sensor) => ({ path: String(sensor), unit: null, shown: (value) => value }),
  publish: () => {},
  changed: () => {},
  stopped: () => {},
  options: { saveMs: 60, saveSteps: 0, idleMs: 1e9 },
});
const stopping = new AbortController();
const running = Promise.all([
  runner.task.run(stopping.signal),
  custom.task.run(stopping.signal),
]);
for (let i = stored; i < Number(to); i++) {
  const group = streamGroup(i);
  const { groupId } = await readings.append(group, []);
  runner.take({ ...group, groupId });
  custom.take({ ...group, groupId });
  // A detector that is new begins with the next group: killed before that is on disk, with another one.
  if (i === 0) { while (custom.stats()[0].saves === 0) await new Promise((r) => setTimeout(r, 1)); }
  if (i === stored) console.log("ready");
  if (Number(paceMs) > 0) await new Promise((r) => setTimeout(r, Number(paceMs)));
}
if (stored >= Number(to)) console.log("ready");
const isBehind = () => runner.stats().group < Number(to) || custom.stats()[0].group < Number(to);
while (isBehind()) await new Promise((r) => setTimeout(r, 5));
stopping.abort();
await running;
sandbox.stop();
await storage.close();
console.log("done");
Deno.exit(0);
