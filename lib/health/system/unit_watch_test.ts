/** Watched units on a real dbus-daemon with a made-up systemd, by a clock of the test. */
import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import {
  failed,
  haveDbus,
  type HostBus,
  running,
  startHostBus,
} from "../../../tests/support/host_bus.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { silentLog } from "../../base/log.ts";
import type { EventDraft } from "../../events/event.ts";
import { decideUnit, MOST_RESTARTS, type UnitMemory, WELL } from "./decide_unit.ts";
import type { AskedReboot } from "./reboots.ts";
import { createSystemd } from "./systemd.ts";
import type { UnitList } from "./unit_list.ts";
import { createUnitWatch } from "./unit_watch.ts";

const ROUND_MS = 15_000;
/** At most, in real time: a look is a few calls of half a second each. */
const LOOK_TAKES_MS = 30_000;

Deno.test("decideUnit: restarts what failed with growing pauses, gives up, and leaves what somebody stopped", () => {
  let memory: UnitMemory = WELL;
  const restartedAt: number[] = [];
  const said: string[] = [];
  // SABOTAGE=restart_storm: nothing is remembered from one look to the next.
  for (let nowMs = 0; nowMs < 3 * 3_600_000; nowMs += ROUND_MS) {
    const next = decideUnit(
      sabotaged("restart_storm") ? WELL : memory,
      { active: "failed" },
      nowMs,
    );
    memory = next.memory;
    for (const step of next.steps) {
      if (step === "restart") restartedAt.push(nowMs / 1000);
      else said.push(`${step} ${nowMs / 1000}`);
    }
  }
  assert.deepEqual(restartedAt.slice(0, MOST_RESTARTS), [0, 15, 45, 90, 180, 345]);
  assert.deepEqual(said, ["failed 0", "give up 645"]);
  assert.ok(restartedAt.length <= MOST_RESTARTS + 6, `${restartedAt.length} restarts in 3 h`);

  const back = decideUnit(memory, { active: "active" }, 1);
  assert.deepEqual(back.steps, []);
  assert.deepEqual(decideUnit(back.memory, { active: "active" }, 60_001).steps, ["recovered"]);
  assert.deepEqual(decideUnit(memory, { active: "inactive" }, 1), { memory: WELL, steps: [] });
  assert.deepEqual(decideUnit(WELL, { active: "inactive" }, 1), { memory: WELL, steps: [] });
});

interface Watched {
  host: HostBus;
  watch: ReturnType<typeof createUnitWatch>;
  list: UnitList;
  events: string[];
  reboots: AskedReboot[];
  lastResort: { allowed: boolean; hours: number };
  /** One more look, and its end. */
  round(ms?: number): Promise<void>;
}

async function watching(units: string[], use: (under: Watched) => Promise<void>): Promise<void> {
  await using host = await startHostBus();
  const clock = fakeClock();
  const abort = new AbortController();
  const under = {
    host,
    list: { units, trouble: null as string | null },
    events: [] as string[],
    reboots: [] as AskedReboot[],
    lastResort: { allowed: false, hours: 24 },
  };
  const watch = createUnitWatch({
    clock,
    log: silentLog(),
    manager: createSystemd({ address: host.address, answerMs: 500 }),
    list: () => Promise.resolve(under.list),
    reboots: { ask: (one) => Promise.resolve(void under.reboots.push(one)) },
    lastResort: () => under.lastResort,
    append: ({ type, severity, text }: EventDraft) =>
      Promise.resolve(void under.events.push(`${type} ${severity} ${text}`)),
  });
  let ended = false;
  const running = watch.task.run(abort.signal).catch(() => {}).finally(() => ended = true);
  async function asleep(): Promise<void> {
    const untilMs = Date.now() + LOOK_TAKES_MS;
    while (clock.sleepers() === 0) {
      assert.ok(!ended && Date.now() < untilMs, `the look ${ended ? "failed" : "does not end"}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  await asleep();
  await use({
    ...under,
    watch,
    get list() {
      return under.list;
    },
    set list(list) {
      under.list = list;
    },
    async round(ms = ROUND_MS) {
      await clock.advance(ms);
      await asleep();
    },
  });
  abort.abort();
  await running;
}

Deno.test({
  name: "unit watch: a unit that fails is restarted and said; one that somebody stopped is not",
  ignore: !haveDbus(),
  fn: () =>
    watching(["nginx.service", "b.service", "gone.service"], async (under) => {
      const { host, watch, events, round } = under;
      assert.deepEqual(host.asked, []);
      host.units.set("nginx.service", running());
      host.units.set("b.service", { load: "loaded", active: "inactive", sub: "dead" });
      await round();
      assert.deepEqual(host.asked, []);
      assert.match(watch.state()!.detail, /gone\.service is not on this host/);
      host.units.set("nginx.service", failed());
      await round();
      assert.deepEqual(host.asked, ["RestartUnit nginx.service replace"]);
      for (let i = 0; i < 6; i++) await round();
      assert.deepEqual(events, [
        "unit.failed warning nginx.service failed (failed)",
        "unit.restarted warning nginx.service had failed and was restarted (1)",
        "unit.restarted info nginx.service runs again",
      ]);
      under.list = { units: [], trouble: null };
      await round();
      assert.deepEqual(watch.units(), []);
      assert.equal(watch.state(), null);
    }),
});

Deno.test({
  name:
    "unit watch: when restarts do not help the host is rebooted, once and only where that is allowed",
  ignore: !haveDbus(),
  fn: () =>
    watching(["nginx.service"], async ({ host, watch, events, reboots, lastResort, round }) => {
      host.onRestart = () => {};
      host.units.set("nginx.service", failed());
      await round();
      for (let i = 0; i < 8; i++) await round(5 * 60_000);
      assert.equal(reboots.length, 0, "off by default");
      assert.ok(events.includes(
        "unit.failed critical nginx.service does not run, and restarting it did not help",
      ));
      assert.equal(watch.units()[0].gaveUp, true);
      assert.equal(watch.state()!.health, "error");

      host.units.set("nginx.service", { load: "loaded", active: "inactive", sub: "dead" });
      await round();
      host.units.set("nginx.service", failed());
      lastResort.allowed = true;
      for (let i = 0; i < 12; i++) await round(5 * 60_000);
      assert.deepEqual(reboots.map(({ by, apartMs }) => [by, apartMs]), [[
        "Perch",
        24 * 3_600_000,
      ]]);
    }),
});

Deno.test({
  name:
    "unit watch: refused restarts, a bus that hangs and one that is gone are shown, and nothing stops",
  ignore: !haveDbus(),
  fn: () =>
    watching(["nginx.service"], async ({ host, watch, events, reboots, lastResort, round }) => {
      lastResort.allowed = true;
      host.unauthorised.add("RestartUnit");
      host.units.set("nginx.service", failed());
      for (let i = 0; i < 12; i++) await round(5 * 60_000);
      assert.match(
        watch.state()!.detail,
        /nginx\.service failed\. Perch cannot restart .*perch install/,
      );
      assert.equal(reboots.length, 0, "what is refused needs another rule, not a reboot");
      assert.ok(!events.some((one) => one.startsWith("unit.restarted")));
      host.units.set("nginx.service", running());
      host.hanging.add("ListUnitsByNames");
      await round();
      host.hanging.clear();
      await round();
      assert.equal(watch.state()!.health, "ok");
      await host.kill();
      await round();
      assert.match(watch.state()!.detail, /no D-Bus can be used/);
      assert.equal(watch.state()!.health, "degraded");
    }),
});
