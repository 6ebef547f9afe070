/** A node takes over while new connections come without a pause: none of them is turned away or reset. */
import assert from "node:assert/strict";
import { startNodes } from "../support/nodes.ts";
import { findSqld, startSqld } from "../support/sqld.ts";

const CALLERS = 8;
const binary = await findSqld();

Deno.test({
  name: "a node that takes over resets no connection",
  ignore: binary === null,
  fn: async () => {
    await using sqld = await startSqld(binary!);
    await using site = await startNodes({ n: 2, databaseUrl: sqld.url, leaseS: 3 });
    const failures: string[] = [];
    let asked = 0;
    const [ends, stays] = site.nodes;
    let stopped = false;
    const call = async () => {
      while (!stopped) {
        // A connection of its own each time.
        const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
        await fetch(`${stays.url}/health/live`, { client })
          .then((answer) => answer.body?.cancel())
          .catch((error) => failures.push(`${error} ${error.cause ?? ""}`));
        client.close();
        asked++;
      }
    };
    const callers = Array.from({ length: CALLERS }, call);
    await ends.end("stop");
    assert.equal(await site.keeper(ends), stays);
    // The standby's listener ends in the background.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    stopped = true;
    await Promise.all(callers);
    assert.ok(asked > 100, `${asked} were asked`);
    assert.deepEqual(failures, []);
  },
});
