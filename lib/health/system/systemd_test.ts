/** Against a real dbus-daemon; systemd and logind on it are made up. */
import assert from "node:assert/strict";
import { PerchError } from "../../base/errors.ts";
import { failed, haveDbus, running, startHostBus } from "../../../tests/support/host_bus.ts";
import { until } from "../../../tests/support/until.ts";
import { createSystemd } from "./systemd.ts";

const ignore = !haveDbus();

/** What is thrown, as code and sentence. */
async function refusal(doing: Promise<unknown>): Promise<string> {
  const error = await doing.then(() => null, (error) => error);
  assert.ok(error instanceof PerchError, String(error));
  return `${error.code}: ${error.message}`;
}

Deno.test({
  name: "systemd: units, restarts, the own unit and a reboot over the bus",
  ignore,
  async fn() {
    await using host = await startHostBus();
    host.units.set("nginx.service", failed());
    host.units.set("a@b-c.service", running());
    const systemd = createSystemd({ address: host.address });

    assert.deepEqual(await systemd.unitStates([]), []);
    const states = await systemd.unitStates(["a@b-c.service", "gone.service", "nginx.service"]);
    assert.deepEqual(states.map(({ name, load, active }) => `${name} ${load} ${active}`), [
      "a@b-c.service loaded active",
      "gone.service not-found inactive",
      "nginx.service loaded failed",
    ]);
    assert.equal(await systemd.ownUnit(), null);
    host.own = "perch-2.service";
    assert.equal(await systemd.ownUnit(), "perch-2.service");
    host.own = "session-4.scope";
    assert.equal(await systemd.ownUnit(), null);

    await systemd.restartUnit("nginx.service");
    assert.match(
      await refusal(systemd.restartUnit("gone.service")),
      /^not_found: .*restart gone.service/,
    );
    await systemd.reboot();
    assert.deepEqual(host.asked, [
      "RestartUnit nginx.service replace",
      "RestartUnit gone.service replace",
      "Reboot",
    ]);
  },
});

Deno.test({
  name: "systemd: what a policy refuses says which command helps, and nothing was done",
  ignore,
  async fn() {
    await using host = await startHostBus({ refused: ["RestartUnit"] });
    host.units.set("nginx.service", failed());
    host.unauthorised.add("Reboot");
    const systemd = createSystemd({ address: host.address });
    const byBus = await refusal(systemd.restartUnit("nginx.service"));
    assert.match(byBus, /^unavailable: Perch cannot restart nginx\.service: .*sudo perch install/);
    const byPolkit = await refusal(systemd.reboot());
    assert.match(byPolkit, /^unavailable: Perch cannot reboot this host: .*sudo perch install/);
    assert.deepEqual(host.asked, []);
  },
});

Deno.test({
  name: "systemd: a service that hangs, a daemon that hangs and a bus that goes away end in time",
  ignore,
  async fn() {
    const host = await startHostBus();
    const answerMs = 300;
    const systemd = createSystemd({ address: host.address, answerMs });
    host.hanging.add("Reboot");
    assert.match(await refusal(systemd.reboot()), /no answer within 0.3 s/);
    host.pause();
    const open = sockets();
    for (let i = 0; i < 5; i++) {
      assert.match(await refusal(systemd.unitStates(["a.service"])), /no answer within 0.3 s/);
    }
    // Tests beside this one open and close sockets of their own.
    await until("the sockets to a bus that hangs", () => sockets() <= open + 1 ? true : null);
    host.resume();
    host.hanging.add("ListUnitsByNames");
    const patient = createSystemd({ address: host.address, answerMs: 30_000 });
    const waiting = refusal(patient.unitStates(["a.service"]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await host.kill();
    assert.match(await waiting, /the bus went away/);
    assert.match(await refusal(systemd.reboot()), /^unavailable: .*no D-Bus can be used at \//);
    await host[Symbol.asyncDispose]();
  },
});

Deno.test("systemd: an address that is no local socket is refused, not tried", async () => {
  for (
    const address of [
      "unixexec:path=/bin/sh",
      "tcp:host=127.0.0.1,port=1",
      "unix:path=/a;unixexec:path=/bin/sh",
      "",
    ]
  ) {
    assert.match(await refusal(createSystemd({ address }).reboot()), /not the address of a local/);
  }
  const nowhere = createSystemd({ address: "unix:path=/nowhere/bus" });
  assert.match(await refusal(nowhere.reboot()), /no D-Bus can be used at \/nowhere\/bus/);
});

/** How many this process has. */
function sockets(): number {
  const links = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link.startsWith("socket:")).length;
}
