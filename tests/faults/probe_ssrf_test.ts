/**
 * Z26. What a person can type as the address of a probe, names whose meaning changes, and where a server redirects,
 * through each kind of probe: a canary on every address of a network made for the test counts what gets through.
 * `SABOTAGE=no-guard` judges no address.
 */
import assert from "node:assert/strict";
import { haveCommands } from "../support/commands.ts";
import { inOwnNetwork } from "../support/own_network.ts";
import type { ProbeSsrfReport } from "./probe_ssrf_child.ts";

const ignore = !haveCommands({ dnsmasq: "dnsmasq-base", ip: "iproute2", unshare: "util-linux" });

Deno.test({
  name: "Z26: closed addresses, a name that changes and redirects lead no probe elsewhere",
  ignore,
  async fn() {
    const report = await inOwnNetwork<ProbeSsrfReport>(
      new URL("./probe_ssrf_child.ts", import.meta.url),
    );
    assert.deepEqual(report.passed, []);
    assert.deepEqual(report.closed, []);
    assert.ok(report.asked >= 7 * 100, `${report.asked} addresses`);

    assert.deepEqual(report.flips.other, []);
    assert.ok(report.flips.opened > 10 && report.flips.refused > 10, JSON.stringify(report.flips));
    assert.deepEqual(report.redirected, {
      "http://127.0.0.1/": "forbidden",
      "http://lan.test/": "forbidden",
      "//169.254.169.254/x": "forbidden",
      "file:///etc/passwd": "answer",
    });
    for (const kind of ["http", "tcp", "ping"]) {
      const came = (what: string) => report.allowed[`${kind}: ${what}`];
      assert.equal(came("internet"), "up", kind);
      assert.equal(came("LAN, allowed"), "up", kind);
      for (const what of ["LAN", "LAN, another port allowed", "LAN, another host allowed"]) {
        assert.equal(came(what), "unallowed", `${kind}: ${what}`);
      }
      for (const what of ["metadata, allowed", "loopback, allowed"]) {
        assert.equal(came(what), "forbidden", `${kind}: ${what}`);
      }
    }
    assert.equal(report.allowed["tcp: own port, allowed"], "forbidden");
  },
});
