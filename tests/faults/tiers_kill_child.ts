/**
 * Takes a history down its tiers, in small steps, until it is killed or done. Arguments: the database, "" or "apart"
 * (a deliberate break: what enters a tier and what leaves the one above are two transactions).
 */
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { type Connection, openConnection } from "../../lib/db/connection.ts";
import { createReadingsEngine } from "../../lib/readings/engine.ts";
import { goDown, SMALL } from "../support/tier_history.ts";

const [path, sabotage] = Deno.args;
const connection = await openConnection({ url: `file:${path}` });

const apart: Connection = {
  ...connection,
  async write(statements) {
    const enters = statements.filter(({ sql }) => sql.startsWith("INSERT INTO summaries"));
    const leaves = statements.filter((one) => !enters.includes(one));
    if (enters.length > 0) await connection.write(enters);
    await new Promise((resolve) => setTimeout(resolve, 10));
    return await connection.write(leaves);
  },
};

const clock = systemClock();
const store = await createReadingsEngine({
  connection: sabotage === "apart" ? apart : connection,
  clock: { ...clock, monotonic: () => clock.monotonic() * 1e6 },
  log: silentLog(),
  options: SMALL,
});
console.log("ready");
await goDown(store);
await connection.close();
console.log("done");
