import assert from "node:assert/strict";
import { fakeClock } from "../../../../tests/support/fake_clock.ts";
import type { KernelLook, KernelTree } from "../../../base/kernel_files.ts";
import { type Channel, inputSettingsShape } from "../driver.ts";
import { w1Driver } from "./w1.ts";

const CHANNEL: Channel = {
  ...{ id: "w1:28-1", driver: "w1", bus: "w1_bus_master1", device: "", title: "", name: "" },
  ...{ unit: "°C", decimals: 2, at: "/w1" },
};
const memory = (milli: number, verdict = "YES") =>
  `57 01 4b 46 7f ff 0c 10 20 : crc=20 ${verdict}\n57 01 4b 46 7f ff 0c 10 20 t=${milli}\n`;

/** A thermometer whose files answer as `answer` says; counts how often each is read. */
function thermometer(answer: (path: string) => KernelLook) {
  const reads: string[] = [];
  const clock = fakeClock();
  const files = {
    look(path: string) {
      reads.push(path);
      return Promise.resolve(answer(path));
    },
  } as KernelTree;
  const settings = inputSettingsShape.parse({});
  const reader = w1Driver.open({ files, clock }, CHANNEL, settings, null);
  return { reads, clock, read: () => reader.read(null) };
}

Deno.test("w1: where the kernel answers with the conversion before, the first read after a pause is thrown away", async () => {
  // Each read converts, and gives what was converted at the one before.
  let [now, before] = [20_000, 85_000];
  const { read, clock } = thermometer((path) => {
    if (!path.endsWith("/w1_slave")) return { fault: "absent" };
    const given = before;
    before = now;
    return { text: memory(given) };
  });
  assert.deepEqual(await read(), { value: 20 });
  now = 21_000;
  await clock.advance(10_000);
  assert.deepEqual(await read(), { value: 20 }, "ten seconds old");
  now = 22_000;
  await clock.advance(3_600_000);
  assert.deepEqual(await read(), { value: 22 }, "not an hour old");
});

Deno.test("w1: a wrong checksum is tried once more, one that may not be read is not", async () => {
  let n = 0;
  const noisy = thermometer((path) =>
    path.endsWith("/w1_slave")
      ? { text: memory(21_437, ++n <= 2 ? "NO" : "YES") }
      : { fault: "absent" }
  );
  // Thrown away, wrong, right.
  assert.deepEqual(await noisy.read(), { value: 21.437 });
  const forbidden = thermometer(() => ({ fault: "forbidden" }));
  const read = await forbidden.read();
  assert.ok("fault" in read && read.fault.kind === "forbidden");
  assert.equal(forbidden.reads.length, 1);
});

Deno.test("w1: an empty answer, a torn one and one that is late are failures with a reason", async () => {
  for (
    const [text, why] of [
      ["", /answers nothing/],
      ["57 01 4b", /has not the form/],
      ["57 01 4b 46 7f ff 0c 10 20 : crc=20 YES\n", /gives no temperature/],
    ] as const
  ) {
    const read = await thermometer((path) =>
      path.endsWith("/w1_slave") ? { text } : { fault: "absent" }
    ).read();
    assert.ok("fault" in read && read.fault.kind === "failed");
    assert.match(read.fault.text, why);
  }
  const empty = await thermometer(() => ({ text: "" })).read();
  assert.ok("fault" in empty && /empty/.test(empty.fault.text));
  const late = await thermometer(() => ({ fault: "late" })).read();
  assert.ok("fault" in late && /in time/.test(late.fault.text));
});
