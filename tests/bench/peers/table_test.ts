import assert from "node:assert/strict";
import { readmeRow, tableOf } from "./table.ts";

const PEERS = [
  { name: "victoria", title: "VictoriaMetrics" },
  { name: "influx", title: "InfluxDB" },
  { name: "perch", title: "Perch" },
];
const of = (name: string, by: number) => ({
  [`${name}_per_s`]: 100_000 * by,
  [`${name}_cpu_us`]: 8 / by,
  [`${name}_peak_mb`]: 100 / by,
  [`${name}_before_kill`]: 200_000,
  [`${name}_after_kill`]: 100_000 * by,
  [`${name}_bytes`]: 1.234 / by,
  [`${name}_first_ms`]: 3_000 / by,
  [`${name}_next_ms`]: 44 / by,
  [`${name}_warm_ms`]: 20.04 / by,
  [`${name}_bulk_s`]: 10 / by,
});
const figures = { days: 30, month_readings: 2_592_000, ...of("influx", 1), ...of("perch", 2) };

Deno.test("the table of the peers has a column for each that was measured, and none for another", () => {
  const [head, rule, perS, cpu, , kill, bytes, query, load] = tableOf(figures, PEERS);
  assert.equal(head, "|  | InfluxDB | Perch |");
  assert.equal(rule, "| --- | --- | --- |");
  assert.equal(perS, "| readings/s | 100 000 | 200 000 |");
  assert.match(cpu, /\| 8 \| 4 \|$/);
  assert.match(kill, /\| 100 000 of 200 000 \| 200 000 of 200 000 \|$/);
  assert.match(bytes, /\| 1\.23 \| 0\.62 \|$/);
  assert.match(
    query,
    /^\| 30 d × 1 s → 1 000 points .*\| 3 000 \/ 44 \/ 20 \| 1 500 \/ 22 \/ 10 \|$/,
  );
  assert.match(load, /^\| bulk load of 2\.59 M readings.*\| 10 \| 5 \|$/);
});

Deno.test("the row of the README has Perch beside each peer that was measured, as ratios", () => {
  const row = readmeRow(figures, PEERS);
  assert.match(row, /^\| `peers` \| .* \| [^|]* \|$/);
  assert.match(
    row,
    /\| InfluxDB 2, 0\.5, 0\.5, 0\.5, 0\.5 \/ 0\.5 \/ 0\.5, 0\.5 × \|$/,
  );
});
