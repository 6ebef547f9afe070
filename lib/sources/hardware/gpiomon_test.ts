import assert from "node:assert/strict";
import { haveCommands } from "../../../tests/support/commands.ts";
import { fakeGpiomon } from "../../../tests/support/fake_gpiomon.ts";
import { sysTree } from "../../../tests/support/sys_tree.ts";
import { until } from "../../../tests/support/until.ts";
import { systemClock } from "../../base/clock.ts";
import { inputSettingsShape, type Measured } from "./driver.ts";
import { pulsesDriver } from "./drivers/pulses.ts";
import { askGpiomon, createTally, edgeIn, gpiomonArguments, judgeGpiomon } from "./gpiomon.ts";

Deno.test("gpiomon: its version is read, and what is not there or not known says what to do", () => {
  assert.equal(judgeGpiomon("gpiomon (libgpiod) v1.6.3\nCopyright (C) 2017"), 1);
  assert.equal(judgeGpiomon("gpiomon (libgpiod) v2.2.1\n"), 2);
  for (const answer of [null, "", "gpiomon (libgpiod) v3.0"]) {
    assert.match(
      (judgeGpiomon(answer) as { problem: string }).problem,
      /install gpiod|update Perch/,
    );
  }
});

Deno.test("gpiomon: edges of both versions are read, and what else is printed is none", () => {
  assert.deepEqual(edgeIn(1, "1 12 5000000"), { isRising: true, tMs: 12_005 });
  assert.deepEqual(edgeIn(1, "0 12 5"), { isRising: false, tMs: 12_000.000005 });
  assert.deepEqual(edgeIn(2, "rising 12.005000000"), { isRising: true, tMs: 12_005 });
  assert.deepEqual(edgeIn(2, "falling 12.000000005"), { isRising: false, tMs: 12_000.000005 });
  for (const line of ["", "2 1 1", "Monitoring line '17'...", "rising 1.5", "1 -1 0", "1 1 1 1"]) {
    assert.equal(edgeIn(1, line), null, line);
    assert.equal(edgeIn(2, line), null, line);
  }
});

Deno.test("gpiomon: a contact that bounces is one pulse; two edges of a kind in a row are a lost one", () => {
  const { take, tally } = createTally({ edge: "rising", debounce_ms: 5 });
  const edges: [boolean, number][] = [
    ...[[true, 0], [false, 1], [true, 2], [false, 3], [true, 4], [false, 40]] as const,
    ...[[true, 100], [true, 200], [false, 220]] as const,
  ].map(([isRising, tMs]) => [isRising, tMs]);
  for (const [isRising, tMs] of edges) take({ isRising, tMs });
  assert.deepEqual(tally, { pulses: 3, lost: 1 });
});

Deno.test({
  name: "gpiomon: the program of this host takes the options of its version",
  ignore: !haveCommands({ gpiomon: "gpiod" }),
  async fn() {
    const version = judgeGpiomon(await askGpiomon());
    assert.ok(version === 1 || version === 2);
    const args = gpiomonArguments(version, "gpiochip99", 17, "pull-up");
    const { stderr } = await new Deno.Command("gpiomon", { args, stdin: "null" }).output();
    const said = new TextDecoder().decode(stderr);
    // There is no such chip: every option before it was understood.
    assert.match(said, /No such file|cannot find|unable to open/i);
    assert.doesNotMatch(said, /option|format|bias/i);
  },
});

for (const version of ["1.6.3", "2.2.1"] as const) {
  Deno.test(`gpiomon ${version}: pulses of a pin are a total over a new start, and nothing of it stays behind`, async () => {
    await using fake = await fakeGpiomon(version);
    await using tree = await sysTree("pi5");
    const clock = {
      ...systemClock(),
      offsetMs: 0,
      monotonic: () => performance.now() + clock.offsetMs,
    };
    const host = { files: tree.files, clock, path: fake.path };
    const { channels } = await pulsesDriver.find(host);
    const channel = channels.find(({ id }) => id === "gpio:pinctrl-rp1:17")!;
    const settings = inputSettingsShape.parse({ pulses_per_unit: 2, unit: "l", bias: "pull-up" });
    const reader = pulsesDriver.open(host, channel, settings, { total: 10 });
    const valueOf = (read: Measured) => "value" in read ? read.value : read.fault.text;
    try {
      assert.equal(valueOf(await reader.read(null)), 5);
      await until("its start", async () => (await fake.started()).length === 1 || null);
      assert.match(
        (await fake.started())[0],
        version === "1.6.3"
          ? /^--line-buffered --format=%e %s %n --bias=pull-up gpiochip0 17$/
          : /^--format=%E %S --bias=pull-up --chip=gpiochip0 17$/,
      );
      for (let n = 0; n < 4; n++) await fake.pulse(1_000 + n * 100);
      await until("four pulses", async () => valueOf(await reader.read(null)) === 7 || null);
      // A missing edge is said.
      await fake.edge(true, 2_000);
      await fake.edge(true, 2_100);
      await until("a lost edge", async () => {
        const read = await reader.read(null);
        return "note" in read && /^1 edges were lost/.test(read.note ?? "") || null;
      });
      // Somebody else takes the pin: it says so, and is started again after a while.
      await fake.fail("error waiting for events: Device or resource busy");
      await until(
        "its end",
        async () => /busy/.test(`${valueOf(await reader.read(null))}`) || null,
      );
      assert.equal((await fake.started()).length, 1, "not at once");
      clock.offsetMs = 10_000;
      assert.equal(valueOf(await reader.read(null)), 8);
      await until("its second start", async () => (await fake.started()).length === 2 || null);
      await fake.pulse(3_000);
      await until("a pulse", async () => valueOf(await reader.read(null)) === 8.5 || null);
    } finally {
      await reader.close?.();
    }
    assert.equal(await fake.running(), 0);
    const last = await reader.read(null);
    assert.deepEqual("value" in last && last.state, { total: 17 });
    assert.equal((await fake.started()).length, 2, "nothing is started after the end");
  });
}

Deno.test("gpiomon: where it is not installed, the reason says what to do", async () => {
  await using tree = await sysTree("pi4");
  const host = { files: tree.files, clock: systemClock(), path: tree.root };
  const channel = (await pulsesDriver.find(host)).channels[17];
  const reader = pulsesDriver.open(host, channel, inputSettingsShape.parse({}), null);
  const read = await reader.read(null);
  assert.ok("fault" in read);
  assert.match(read.fault.text, /sudo apt install gpiod/);
});
