import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { fakeGpiomon } from "../../../tests/support/fake_gpiomon.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { type SysTree, sysTree } from "../../../tests/support/sys_tree.ts";
import { until } from "../../../tests/support/until.ts";
import { silentLog } from "../../base/log.ts";
import type { Draft } from "../../readings/reading.ts";
import { type CounterState, type HardwareDriver, inputSettingsShape } from "./driver.ts";
import { DRIVERS } from "./drivers/mod.ts";
import { w1Driver } from "./drivers/w1.ts";
import type { HardwareInput } from "./input.ts";
import { createPresent } from "./present.ts";
import { createRounds } from "./rounds.ts";

const W1 = "/sys/bus/w1/devices";

const input = (id: string, extra: Partial<HardwareInput> = {}): HardwareInput => ({
  id,
  driver: id.split(":")[0],
  sensor: `host/${id.replaceAll(/\W/g, "_")}`,
  sensorId: id,
  settings: inputSettingsShape.parse({}),
  counter: null,
  createdMs: 0,
  ...extra,
});

/** Control (SABOTAGE=hardware_unjudged): whatever a thermometer says is taken. */
const unjudged: HardwareDriver = {
  ...w1Driver,
  open: ({ files }, { at }) => ({
    read: async () => ({ value: Number(await files.read(`${at}/temperature`)) / 1_000 }),
  }),
};

/** Inputs that are read by a clock of the test's own. */
function reading(
  tree: SysTree,
  inputs: HardwareInput[],
  stored: number | null = null,
  path?: string,
) {
  const clock = fakeClock();
  const drafts: Draft[] = [];
  const batches: number[] = [];
  const news: string[] = [];
  const saved = new Map<string, CounterState>();
  let loads = 0;
  const host = { files: tree.files, clock, path };
  const drivers = sabotaged("hardware_unjudged") ? [unjudged] : DRIVERS;
  const machinery = { host, drivers, present: createPresent(host) };
  const rounds = createRounds({
    clock,
    log: silentLog(),
    machinery() {
      loads++;
      return Promise.resolve(machinery);
    },
    inputs: () => inputs,
    sensorOf: ({ sensor }) => sensor,
    storedTotal: () => stored,
    offer(these) {
      drafts.push(...these);
      batches.push(these.length);
      return Promise.resolve(new Map());
    },
    save(counters) {
      for (const { id, counter } of counters) saved.set(id, counter);
      return Promise.resolve();
    },
    onNews: ({ id }, what) => void news.push(`${id} ${what}`),
  });
  const stop = new AbortController();
  const over = rounds.task.run(stop.signal).catch(() => {});
  /** The clock moves on, and files take the time that they take. */
  async function pass(ms: number, isThere: () => unknown = () => true): Promise<void> {
    await clock.advance(ms);
    await until("what is read", async () => {
      await clock.advance(0);
      return isThere() ? true : null;
    });
  }
  return {
    ...{ rounds, drafts, batches, news, saved, pass, clock },
    loads: () => loads,
    values: () => drafts.map(({ value }) => value),
    state: (id: string) => rounds.statusOf(id)?.state,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
}

Deno.test("hardware rounds: without inputs nothing is loaded and nothing is done", async () => {
  await using tree = await sysTree("pi4");
  await using run = reading(tree, []);
  await run.pass(3_600_000);
  assert.equal(run.loads(), 0);
});

Deno.test("hardware rounds: what is due on a bus at a time is one commit, another bus does not wait for it", async () => {
  await using tree = await sysTree("pi4");
  const ids = ["temp", "pressure", "humidityrelative"].map((one) => `iio:bme280@1-0076:${one}`);
  const inputs = [...ids, "w1:28-00000a1b2c3d"].map((id) => input(id));
  await using run = reading(tree, inputs);
  await run.pass(0, () => run.drafts.length === 4);
  await run.pass(10_000, () => run.drafts.length === 8);
  assert.deepEqual(run.batches.toSorted(), [1, 1, 3, 3]);
  assert.deepEqual(
    new Set(run.drafts.map(({ value, unit }) => `${value} ${unit}`)),
    new Set(["21.43 °C", "1013.25 hPa", "45.123 %", "21.437 °C"]),
  );
});

Deno.test("hardware rounds: pulled out it says so once, plugged in anew under another number it goes on", async () => {
  await using tree = await sysTree("pi4");
  const id = "hwmon:sht3x@1-0044:temp1";
  await using run = reading(tree, [input(id)]);
  await run.pass(0, () => run.drafts.length === 1);
  await tree.remove("/sys/class/hwmon/hwmon2");
  await run.pass(10_000, () => run.state(id) === "gone");
  await run.pass(60_000);
  assert.deepEqual(run.news, [`${id} stopped`]);
  assert.equal(run.drafts.length, 1);
  // The same number is another chip's now.
  await tree.link(
    "/sys/class/hwmon/hwmon2",
    "../../devices/platform/soc/fe804000.i2c/i2c-1/1-0040/hwmon/hwmon3",
  );
  await tree.link(
    "/sys/class/hwmon/hwmon7",
    "../../devices/platform/soc/fe804000.i2c/i2c-1/1-0044/hwmon/hwmon2",
  );
  await run.pass(20_000, () => run.state(id) === "ok");
  assert.deepEqual(run.values(), [19.87, 19.87]);
  assert.deepEqual(run.news, [`${id} stopped`, `${id} goes_on`]);
});

Deno.test("hardware rounds: a DS18B20 that sticks at 85 °C is refused with the reason, and taken when it measures again", async () => {
  await using tree = await sysTree("pi4");
  const id = "w1:28-00000a1b2c3d";
  const temperature = `${W1}/28-00000a1b2c3d/temperature`;
  const memory = `${W1}/28-00000a1b2c3d/w1_slave`;
  const converted = "50 05 4b 46 7f ff 10 10 c0 : crc=c0 YES\n50 05 4b 46 7f ff 10 10 c0 t=85000\n";
  const fresh = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n";
  await using run = reading(tree, [input(id)]);
  await run.pass(0, () => run.drafts.length === 1);
  await tree.write(temperature, "85000\n");
  await tree.write(memory, converted);
  for (let n = 1; n <= 4; n++) {
    await run.pass(10_000, () => run.rounds.statusOf(id)!.refused === n);
  }
  assert.match(run.rounds.statusOf(id)!.text, /^85 °C is what it says before it has measured/);
  assert.deepEqual(run.news, [`${id} stopped`]);
  assert.deepEqual(run.values(), [21.437]);
  // A boiler that comes near goes through 85: that is no power-on value.
  await tree.write(temperature, "84500\n");
  await run.pass(10_000, () => run.drafts.length === 2);
  await tree.write(temperature, "85000\n");
  await run.pass(10_000, () => run.drafts.length === 3);
  // Its memory says that it has not measured, however near the one before was.
  await tree.write(memory, fresh);
  await run.pass(10_000, () => run.state(id) === "failing");
  assert.deepEqual(run.values(), [21.437, 84.5, 85]);
});

Deno.test("hardware rounds: a bus that hangs holds no other", async () => {
  await using tree = await sysTree("pi4", { deadlineMs: 200 });
  const stuck = `${W1}/28-00000a1b2c3d/temperature`;
  await tree.remove(stuck);
  await new Deno.Command("mkfifo", { args: [tree.root + stuck] }).output();
  const inputs = [input("w1:28-00000a1b2c3d"), input("thermal:cpu-thermal")];
  await using run = reading(tree, inputs);
  await run.pass(0, () => run.drafts.length === 1);
  await run.pass(10_000, () => run.drafts.length === 2);
  await run.pass(0, () => run.state("w1:28-00000a1b2c3d") === "failing");
  assert.match(run.rounds.statusOf("w1:28-00000a1b2c3d")!.text, /did not answer in time/);
  await Deno.writeTextFile(tree.root + stuck, "21000");
});

Deno.test("hardware rounds: a counter of the kernel goes on over restarts of Perch and of the host", async () => {
  await using tree = await sysTree("pi5");
  const id = "counter:interrupt-counter@pulse-counter:count0";
  const count = "/sys/bus/counter/devices/counter0/count0/count";
  const settings = inputSettingsShape.parse({ pulses_per_unit: 100, unit: "kWh" });
  const only = input(id, { settings });
  {
    const run = reading(tree, [only]);
    await run.pass(0, () => run.drafts.length === 1);
    await tree.write(count, "1450\n");
    await run.pass(10_000, () => run.drafts.length === 2);
    assert.deepEqual(run.drafts[1], { sensor: only.sensor, value: 2.5, unit: "kWh" });
    await run[Symbol.asyncDispose]();
    only.counter = run.saved.get(id)!;
  }
  await tree.write(count, "1500\n");
  {
    await using run = reading(tree, [only], 1);
    await run.pass(0, () => run.drafts.length === 1);
    assert.deepEqual(run.values(), [3], "what was counted while Perch was away");
    await tree.write(count, "7\n");
    await tree.write("/proc/sys/kernel/random/boot_id", "another\n");
    await run.pass(10_000, () => run.drafts.length === 2);
    assert.deepEqual(run.values(), [3, 3.07], "after a restart of the host it counts from 0");
  }
});

Deno.test("hardware rounds: pulses are kept when Perch ends; after a cut what was stored last counts", async () => {
  await using tree = await sysTree("pi3");
  await using gpiomon = await fakeGpiomon("1.6.3");
  const id = "gpio:pinctrl-bcm2835:4";
  const settings = inputSettingsShape.parse({ pulses_per_unit: 10, unit: "l" });
  const only = input(id, { settings, counter: { total: 20 } });
  {
    // 2.5 l were stored after 20 pulses were kept.
    const run = reading(tree, [only], 2.5, gpiomon.path);
    await run.pass(0, () => run.drafts.length === 1);
    assert.deepEqual(run.values(), [2.5]);
    for (let n = 0; n < 3; n++) await gpiomon.pulse(n * 100);
    await run.pass(10_000, () => run.drafts.length === 2);
    await run.pass(10_000, () => run.drafts.length === 3);
    await until("the pulses", async () => {
      await run.pass(10_000);
      return run.values().at(-1) === 2.8 || null;
    });
    await until("what is kept once a minute", async () => {
      await run.pass(60_000);
      return run.saved.has(id) || null;
    });
    assert.deepEqual(run.saved.get(id), { total: 28 });
    await gpiomon.pulse(1_000);
    await until("one more", async () => {
      await run.pass(10_000);
      return run.values().at(-1) === 2.9 || null;
    });
    await run[Symbol.asyncDispose]();
    assert.deepEqual(run.saved.get(id), { total: 29 }, "kept at the end");
  }
  assert.equal(await gpiomon.running(), 0);
});
