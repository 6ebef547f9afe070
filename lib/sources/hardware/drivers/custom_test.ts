import assert from "node:assert/strict";
import { sysTree } from "../../../../tests/support/sys_tree.ts";
import { systemClock } from "../../../base/clock.ts";
import { silentLog } from "../../../base/log.ts";
import { createSandbox } from "../../../scripts/sandbox.ts";
import type { RunnableScript } from "../../../scripts/script.ts";
import { TEMPLATES } from "../../../scripts/templates.ts";
import { tryScript } from "../../../scripts/trying.ts";
import { readDriverAnswer } from "../custom_answer.ts";
import { inputSettingsShape } from "../driver.ts";
import { createCustomDriver } from "./custom.ts";

const SUPPLY = "/sys/class/power_supply/BAT0";
const settings = inputSettingsShape.parse({});

/** Drivers in the real sandbox, with a board's tree. */
async function withDrivers(
  texts: Record<string, string>,
  run: (given: {
    driver: ReturnType<typeof createCustomDriver>;
    host: Parameters<ReturnType<typeof createCustomDriver>["find"]>[0];
    scripts: RunnableScript[];
    write(path: string, text: string): Promise<void>;
    pass(ms: number): void;
  }) => Promise<void>,
): Promise<void> {
  await using tree = await sysTree("pi4");
  const sandbox = createSandbox({ log: silentLog() });
  const scripts = Object.entries(texts).map(([name, source]) => ({
    ...{ kind: "driver" as const, name, source, hash: source },
  }));
  let offsetMs = 0;
  // It passes only when the test says so: how long a read takes says nothing here.
  const clock = { ...systemClock(), monotonic: () => offsetMs };
  const driver = createCustomDriver({ sandbox, runnable: () => scripts });
  try {
    await run({
      ...{ driver, host: { files: tree.files, clock }, scripts, write: tree.write },
      pass: (ms) => void (offsetMs += ms),
    });
  } finally {
    sandbox.stop();
  }
}

Deno.test("own drivers: the template reads files of the kernel, and its values are channels", () =>
  withDrivers({ supply: TEMPLATES.driver.source }, async ({ driver, host, write, pass }) => {
    await write(`${SUPPLY}/capacity`, "87\n");
    await write(`${SUPPLY}/voltage_now`, "12084000\n");
    const { channels, notes } = await driver.find(host);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      channels.map(({ id, title, unit, device }) => `${id} ${title} ${unit} ${device}`),
      [
        "driver:supply:charge Charge % Power supply",
        "driver:supply:voltage Voltage V Power supply",
      ],
    );
    const readers = channels.map((channel) => driver.open(host, channel, settings, null));
    const values = () => Promise.all(readers.map((reader) => reader.read(null)));
    assert.deepEqual((await values()).map((read) => "value" in read && read.value), [87, 12.084]);
    await write(`${SUPPLY}/capacity`, "86\n");
    pass(1_000);
    assert.deepEqual((await values()).map((read) => "value" in read && read.value), [86, 12.084]);
    assert.equal(driver.figures()[0].reads, 2, "channels that are due together share a read");
    for (const reader of readers) await reader.close?.();
  }));

Deno.test("own drivers: one that reads for ever is cut and says so, the others go on", () =>
  withDrivers({
    endless: `export const read = (state) => ({ state, read: ["${SUPPLY}/capacity"] });`,
    loops: "export const read = () => { for (;;); };",
    nosy: `export const read = (state) => ({ state, read: ["/etc/passwd"] });`,
    well: `export const read = () => ({ values: [{ name: "one", value: 1 }] });`,
  }, async ({ driver, host, pass }) => {
    const { channels, notes } = await driver.find(host);
    assert.deepEqual(channels.map(({ id }) => id), ["driver:well:one"]);
    assert.match(notes.join("\n"), /endless fails: it asks for files again and again/);
    assert.match(notes.join("\n"), /loops fails: it did not come to an end in time/);
    assert.match(notes.join("\n"), /nosy fails: it may not read \/etc\/passwd: only below/);
    const of = (name: string) => driver.figures().find((one) => one.name === name)!;
    assert.deepEqual(["endless", "loops", "well"].map((name) => of(name).fault?.type), [
      "shape",
      "time",
      undefined,
    ]);
    // One that goes on failing is tried rarely.
    for (let n = 0; n < 10; n++) {
      pass(1_000);
      await driver.find(host);
    }
    assert.equal(of("endless").reads, 5);
    assert.equal(of("well").reads, 11);
  }));

Deno.test("own drivers: another text is tried at once, one that is gone says so", () =>
  withDrivers({ one: "export const read = () => ({ values: 1 });" }, async (given) => {
    const { driver, host, scripts } = given;
    assert.match((await driver.find(host)).notes[0], /values is a list/);
    const before = driver.signature!();
    const source = "export const read = () => ({ values: [{ name: 'a', value: 2 }] });";
    scripts[0] = { ...scripts[0], source, hash: source };
    assert.notEqual(driver.signature!(), before);
    const [channel] = (await driver.find(host)).channels;
    const reader = driver.open(host, channel, settings, null);
    scripts.length = 0;
    const read = await reader.read(null);
    assert.ok("fault" in read && read.fault.kind === "gone");
    await reader.close?.();
  }));

Deno.test("own drivers: what they answer is held against what may be", () => {
  const why = (answer: unknown) => {
    const read = readDriverAnswer(answer);
    return "fault" in read ? read.fault : null;
  };
  const value = (one: unknown) => ({ values: [one] });
  for (
    const bad of [
      null,
      1,
      {},
      { read: "x" },
      { read: ["/sys/class/hwmon/../../../etc/passwd"] },
      { read: ["/sys/class/hwmonitor"] },
      { list: ["/proc/self/environ"] },
      { read: Array(65).fill("/sys/class/hwmon/a") },
      { values: Array.from({ length: 101 }, (_, n) => ({ name: `n${n}`, value: n })) },
      value(null),
      value({ name: "a/b", value: 1 }),
      value({ name: "a", value: "1" }),
      value({ name: "a", value: null }),
      { values: [{ name: "a", value: 1 }, { name: "a", value: 2 }] },
    ]
  ) {
    assert.notEqual(why(bad), null, JSON.stringify(bad).slice(0, 80));
  }
  assert.equal(why({ read: ["/sys/class/hwmon/hwmon0/temp1_input"], list: [] }), null);
  assert.equal(why({ values: [] }), null);
});

Deno.test("own drivers: the editor tries one on files that are typed", async () => {
  const sandbox = createSandbox({ log: silentLog() });
  try {
    const script = { kind: "driver" as const, name: "x", source: TEMPLATES.driver.source };
    const files = JSON.parse(TEMPLATES.driver.payload);
    const tried = await tryScript(sandbox, script, { files, tMs: 1 });
    assert.equal(tried.fault, null);
    assert.deepEqual(
      (tried.answer as { values: { value: number }[] }).values.map(({ value }) => value),
      [87, 12.084],
    );
    const source = "export const read = (state) => ({ state, list: ['/sys/class/hwmon'] });";
    const endless = await tryScript(sandbox, { ...script, source }, { files: {}, tMs: 1 });
    assert.match(endless.fault!.message, /again and again/);
  } finally {
    sandbox.stop();
  }
});
