/**
 * Z12. What a person can type as an address of a channel, and names whose meaning changes between the look and
 * the connection: a canary on every address of a network made for the test counts what gets through.
 * `SABOTAGE=no-guard` judges nothing, `SABOTAGE=no-pin` judges a name and then connects to it by name.
 */
import assert from "node:assert/strict";
import { haveCommands } from "../support/commands.ts";
import { inOwnNetwork } from "../support/own_network.ts";
import type { SsrfReport } from "./ssrf_child.ts";

const ignore = !haveCommands({ dnsmasq: "dnsmasq-base", ip: "iproute2", unshare: "util-linux" });

const ask = () => inOwnNetwork<SsrfReport>(new URL("./ssrf_child.ts", import.meta.url));

Deno.test({
  name:
    "Z12: 147 closed addresses and a name that changes its meaning 800 times: the canary sees none",
  ignore,
  async fn() {
    const report = await ask();
    assert.deepEqual(report.passed, []);
    assert.deepEqual(report.closedConnections, []);
    assert.ok(report.asked >= 120, `${report.asked} addresses`);

    const { flips, connects } = report;
    assert.deepEqual([flips.other, connects.other], [[], []]);
    assert.deepEqual([flips.loopback, connects.loopback], [0, 0]);
    // Both meanings were met often, or this would show nothing.
    for (const n of [flips.answered, flips.refused, connects.opened, connects.refused]) {
      assert.ok(n > 40, JSON.stringify({ flips, connects }));
    }

    assert.deepEqual(report.allowed, {
      "public name": "hi",
      "public address": "hi",
      "public IPv6": "hi",
      "listed network": "hi",
      "network that is not listed": "forbidden",
      "own port in a listed network": "forbidden",
      "own port at a public address": "forbidden",
      "address from the environment": "hi",
    });
  },
});
