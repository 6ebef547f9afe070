/**
 * The program whose writes are recorded: commits a scenario's groups through the real engine and writes
 * `ACK n` to standard output after group n. `--sabotage` breaks the promise on purpose.
 */
import { groupOf, openEngine } from "../storage.ts";
import { LIMITS } from "./limits.ts";
import { ledger, type Scenario } from "./ledger.ts";

/** `off`, `normal`: as PRAGMA synchronous. `early`: acknowledges before the commit. */
export type Sabotage = "none" | "off" | "normal" | "early";

const [path, scenario, sabotage] = Deno.args as [string, Scenario, Sabotage];
const engine = await openEngine({
  url: `file:${path}`,
  synchronous: sabotage === "off" || sabotage === "normal" ? sabotage : "full",
  limits: LIMITS[scenario],
});
const groups = ledger(scenario);
for (const [g, group] of groups.entries()) {
  if (sabotage === "early") acknowledge(g);
  const extra = group.newSensor === 0 ? [] : [{
    sql: "INSERT INTO sensors (num, id, name, machine, sensor, kind, review, created_ms) " +
      "VALUES (?, ?, ?, 'm', 's', 'number', 'new', 0)",
    args: [group.newSensor, `id${group.newSensor}`, `m/${group.newSensor}`],
  }];
  await engine.store.append(groupOf(group.readings, group.marks), extra);
  if (sabotage !== "early") acknowledge(g);
  if (scenario === "sealing" && g % 20 === 19) await engine.store.compact();
}
// No close: the cut comes while it runs.
Deno.exit(0);

function acknowledge(group: number): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`ACK ${group}\n`));
}
