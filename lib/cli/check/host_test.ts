import assert from "node:assert/strict";
import { join } from "node:path";
import type { HostSample } from "../../health/host_sample.ts";
import { hostCheck, judgeHost } from "./host.ts";

const TREES = join(import.meta.dirname!, "../../../tests/fixtures/hosts");
const sampleOf = (name: string): HostSample =>
  JSON.parse(Deno.readTextFileSync(join(TREES, name, "expected.json")))[1];
const states = (sample: HostSample) => judgeHost(sample).map(({ state }) => state);

Deno.test("judgeHost: what is wrong is said with what to do, what is not measured is never fine", () => {
  const pi = sampleOf("pi4");
  const nothing: HostSample = {
    ...pi,
    temperatures: [],
    power: null,
    memory: null,
    disk: null,
    wear: [],
    pressure: null,
    group: null,
  };
  assert.deepEqual(states(nothing), ["unknown", "unknown", "unknown", "unknown", "unknown"]);
  assert.match(judgeHost(nothing).at(-1)!.advice!, /psi=1/);

  const good: HostSample = {
    ...nothing,
    temperatures: [{ name: "cpu", celsius: 50 }],
    power: {
      underVoltage: false,
      throttled: false,
      frequencyCapped: false,
      softTemperatureLimit: false,
      sinceBoot: {
        underVoltage: false,
        throttled: false,
        frequencyCapped: false,
        softTemperatureLimit: false,
      },
    },
    memory: {
      totalBytes: 1e9,
      availableBytes: 5e8,
      swapTotalBytes: 0,
      swapFreeBytes: 0,
      zramBytes: null,
    },
    disk: { totalBytes: 1e9, freeBytes: 5e8, inodes: 100, inodesFree: 50, readOnly: false },
    wear: [{ name: "mmcblk0", lifeUsed: 0.1, reserve: "normal" }],
    pressure: { cpu: 0, io: 0.01, memory: 0 },
  };
  assert.deepEqual(new Set(states(good)), new Set(["ok"]));
  assert.ok(judgeHost(good).every(({ advice }) => advice === undefined));

  const { power, memory, disk } = good;
  const bad: [Partial<HostSample>, string, RegExp][] = [
    [{ temperatures: [{ name: "cpu", celsius: 70 }] }, "warn", /70 °C/],
    [{ temperatures: [{ name: "cpu", celsius: 80 }] }, "problem", /80 °C/],
    [{ power: { ...power!, underVoltage: true } }, "problem", /voltage is too low/],
    [
      { power: { ...power!, sinceBoot: { ...power!.sinceBoot, underVoltage: true } } },
      "warn",
      /since the boot/,
    ],
    [{ memory: { ...memory!, availableBytes: 8e7 } }, "warn", /of memory/],
    [{ memory: { ...memory!, availableBytes: 4e7 } }, "problem", /of memory/],
    [{ group: { memoryBytes: 1, memoryMostBytes: 2, oomKills: 3 } }, "warn", /3 processes/],
    [{ disk: { ...disk!, readOnly: true } }, "problem", /read-only/],
    [{ disk: { ...disk!, inodesFree: 4 } }, "problem", /4 % of the disk's inodes/],
    [{ wear: [{ name: "mmcblk0", lifeUsed: 0.9, reserve: null }] }, "warn", /90 % of its life/],
    [{ wear: [{ name: "mmcblk0", lifeUsed: 1.1, reserve: "urgent" }] }, "problem", /urgent/],
    [{ pressure: { cpu: 0, io: 0.3, memory: 0 } }, "warn", /30 % of the last 10 s/],
  ];
  for (const [change, state, detail] of bad) {
    const found = judgeHost({ ...good, ...change }).filter((one) => one.state !== "ok");
    assert.deepEqual(found.map((one) => one.state), [state], JSON.stringify(change));
    assert.match(found[0].detail, detail);
    assert.ok(found[0].advice!.length > 20);
  }
});

Deno.test("judgeHost finds something to say about every host of the fixtures", async () => {
  for (const host of ["pi3", "pi4", "pi5", "x86"]) {
    const found = await hostCheck(() => Promise.resolve(sampleOf(host))).run();
    assert.ok(found.length >= 5, host);
    for (const { state, detail, advice } of found) {
      assert.ok(state === "ok" || state === "unknown" || advice !== undefined, detail);
      assert.doesNotMatch(detail, /NaN|undefined|null/);
    }
  }
});
