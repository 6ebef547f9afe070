import type { Parts } from "../../../lib/app/parts.ts";
import { sabotaged } from "../sabotage.ts";

/** So many pieces leak over the whole time. */
const PIECES = 100;
const PIECE_BYTES = 1_500_000;
const LAG_EVERY_MS = 1_000;
const LAG_MS = 600;

/** The controls of the test of endurance: what each of them is to notice. `fail` ends a background task. */
export function breakOnPurpose(parts: Parts, forMs: number, fail: () => void): void {
  const again = (what: () => void, everyMs = forMs / PIECES) => void setInterval(what, everyMs);
  const held: unknown[] = [];
  if (sabotaged("soak_memory")) again(() => held.push(new Uint8Array(PIECE_BYTES).fill(1)));
  if (sabotaged("soak_descriptors")) again(() => held.push(Deno.openSync("/dev/null")));
  if (sabotaged("soak_timers")) again(() => setInterval(() => {}, 3_600_000));
  if (sabotaged("soak_state")) again(fail, LAG_EVERY_MS);
  if (sabotaged("soak_lag")) {
    again(() => {
      const untilMs = performance.now() + LAG_MS;
      while (performance.now() < untilMs);
    }, LAG_EVERY_MS);
  }
  if (sabotaged("soak_wal")) {
    // Beside a program that reads on and on (`readOn`), so that none of it leaves the log.
    const { db } = parts.storage;
    const made = db.write([{ sql: "create table soak_control (piece blob)" }]);
    const sql = "insert into soak_control values (zeroblob(?))";
    made.then(() => again(() => void db.write([{ sql, args: [PIECE_BYTES / 5] }])));
  }
  if (sabotaged("soak_lost")) {
    const { readings } = parts.storage;
    const append = readings.append;
    let groups = 0;
    // Acknowledged and not stored: the last reading of one group in ten.
    readings.append = (group, extra) =>
      append(++groups % 10 === 0 ? { ...group, n: group.n - 1 } : group, extra);
  }
}
