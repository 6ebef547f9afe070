import assert from "node:assert/strict";
import { alarmEvent } from "../../../tests/support/events.ts";
import { haveMounts, smallDisk } from "../../../tests/support/disk.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { createLog, type LogEntry } from "../../base/log.ts";
import { DAY_MS } from "../../words/times.ts";
import { createLogFiles } from "./log_files.ts";
import { outdated, parseRotated, rotatedName } from "./rotation.ts";

async function setup(folder?: string) {
  const parent = folder ?? await Deno.makeTempDir({ prefix: "perch-logs-" });
  const clock = fakeClock();
  const said: LogEntry[] = [];
  const log = createLog({ level: "warn", now: clock.now, sink: (entry) => said.push(entry) });
  const path = `${parent}/logs`;
  const files = createLogFiles({
    folder: path,
    clock: { ...clock, deletionMs: clock.now },
    log,
  });
  return {
    clock,
    said,
    files,
    path,
    names: () => Array.from(Deno.readDirSync(path), ({ name }) => name).sort(),
    lines: (name: string) =>
      Deno.readTextFileSync(`${path}/${name}`).split("\n").filter((line) => line !== ""),
    [Symbol.asyncDispose]: () =>
      folder === undefined ? Deno.remove(parent, { recursive: true }) : Promise.resolve(),
  };
}

Deno.test("createLogFiles writes nothing until there is something, and then together", async () => {
  await using plant = await setup();
  const { clock, files, path } = plant;
  const abort = new AbortController();
  const running = files.task.run(abort.signal).catch(() => {});
  await clock.advance(DAY_MS);
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  files.event(alarmEvent());
  files.event(alarmEvent({ text: "second" }));
  files.entry({ tsMs: 0, level: "warn", part: "x", message: "odd", fields: {} });
  await clock.advance(2_000);
  await files.flush();
  assert.deepEqual(plant.names(), ["error_events.log", "sensor_events.log"]);
  assert.equal(plant.lines("sensor_events.log").length, 2);
  assert.equal(Deno.statSync(`${path}/sensor_events.log`).mode! & 0o777, 0o600);
  assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
  abort.abort();
  await running;
});

Deno.test("createLogFiles puts files aside by size and by day, and deletes by age and by size of all", async () => {
  await using plant = await setup();
  const { clock, files, path } = plant;
  files.setLimits(() => ({ fileBytes: 1_000, totalBytes: 4_000, keepMs: 10 * DAY_MS }));
  const write = async (text: string) => {
    files.event(alarmEvent({ text }));
    await files.flush();
  };
  await write("a".repeat(900));
  assert.equal(plant.names().length, 1);
  await write("b");
  assert.equal(plant.names().length, 2, "it was large enough");
  // What the file system says of the time is today's; the file's own day is known.
  await clock.advance(DAY_MS);
  await write("c");
  assert.equal(plant.names().length, 3, "a new day began");
  for (let i = 0; i < 6; i++) {
    await write("d".repeat(900));
    await clock.advance(1);
  }
  const bytes = plant.names().map((name) => Deno.statSync(`${path}/${name}`).size);
  assert.ok(bytes.reduce((sum, n) => sum + n) < 6_000, `${bytes}`);
  assert.deepEqual(plant.lines("sensor_events.log").length, 1);
  await clock.advance(11 * DAY_MS);
  await write("e");
  // The newest was put aside just now.
  assert.equal(plant.names().length, 2);
  await clock.advance(11 * DAY_MS);
  await write("f");
  assert.deepEqual(plant.names().length, 2);
  assert.deepEqual(plant.lines(plant.names()[0]).length, 1, "that is e");
});

Deno.test("createLogFiles gives back room when asked: the oldest first, never what is written to", async () => {
  await using plant = await setup();
  const { clock, files } = plant;
  files.setLimits(() => ({ fileBytes: 100, totalBytes: 1e9, keepMs: 1e12 }));
  assert.equal(await files.clean(1), 0, "there is no folder yet");
  for (let i = 0; i < 5; i++) {
    files.event(alarmEvent({ text: `line ${i}` }));
    await files.flush();
    await clock.advance(10);
  }
  const before = plant.names();
  assert.equal(before.length, 5);
  const freed = await files.clean(1);
  assert.ok(freed > 0);
  assert.deepEqual(plant.names(), before.filter((name) => name !== before[0]));
  await files.clean(Infinity);
  assert.deepEqual(plant.names(), ["sensor_events.log"]);
});

Deno.test("createLogFiles goes on after a torn line and a broken file, and says once what was lost", async () => {
  await using plant = await setup();
  const { clock, files, path, said } = plant;
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/sensor_events.log`, '{"timestamp":"20');
  Deno.mkdirSync(`${path}/error_events.log`);
  for (let i = 0; i < 3; i++) {
    files.entry({ tsMs: 0, level: "error", part: "x", message: "lost", fields: {} });
    files.event(alarmEvent());
    await files.flush();
    await clock.advance(31_000);
  }
  assert.deepEqual(plant.lines("sensor_events.log").length, 4);
  assert.equal(files.dropped(), 3);
  assert.deepEqual(said.map(({ message }) => message), [
    `${path}/error_events.log cannot be written: its lines are lost`,
  ]);
  Deno.removeSync(`${path}/error_events.log`);
  files.entry({ tsMs: 0, level: "error", part: "x", message: "kept", fields: {} });
  await files.flush();
  await files.flush();
  const messages = plant.lines("error_events.log").map((line) => JSON.parse(line).error_message);
  const lost = "3 lines of error_events.log were lost: it could not be written";
  assert.deepEqual(messages, ["kept", lost]);
  assert.equal(said.at(-1)!.message, lost);
});

Deno.test("createLogFiles keeps a storm out of memory and counts what it left out", async () => {
  await using plant = await setup();
  const { files, said } = plant;
  const count = 20_000;
  for (let i = 0; i < count; i++) files.event(alarmEvent({ text: "x".repeat(100) }));
  await files.flush();
  const written = plant.lines("sensor_events.log").length;
  assert.ok(written > 1_000 && written < 5_000, `${written}`);
  assert.equal(written + files.dropped(), count);
  assert.match(said[0].message, /lines of sensor_events.log were lost: they came faster/);
});

/** Control: `SABOTAGE=log_lines` takes a line away that was not counted as lost. */
Deno.test({
  name: "a full disk loses lines of the log files, each of them counted, and nothing else",
  ignore: !haveMounts(),
  async fn() {
    await using disk = await smallDisk(1);
    const { files, path, clock, said } = await setup(disk.path);
    const write = async (from: number) => {
      for (let i = from; i < from + 100; i++) files.event(alarmEvent({ text: `line ${i}` }));
      await files.flush();
    };
    await write(0);
    await disk.fill();
    await write(100);
    await clock.advance(31_000);
    await write(200);
    assert.equal(said.length, 1);
    await disk.free();
    await clock.advance(31_000);
    await write(300);
    let lines = Deno.readTextFileSync(`${path}/sensor_events.log`).split("\n");
    if (sabotaged("log_lines")) lines = lines.slice(1);
    const whole = lines.filter((line) => line.endsWith("}")).map((line) =>
      Number(/line (\d+)/.exec(JSON.parse(line).description)![1])
    );
    assert.deepEqual(whole.slice(0, 100), Array.from({ length: 100 }, (_, i) => i));
    assert.deepEqual(whole.slice(-100), Array.from({ length: 100 }, (_, i) => 300 + i));
    // What the disk took of a write that failed stands there and is counted all the same.
    assert.ok(whole.length + files.dropped() >= 400, `${whole.length} ${files.dropped()}`);
    assert.equal(files.dropped(), 200);
  },
});

Deno.test("rotated names are read back, and others are left alone", () => {
  const atMs = Date.UTC(2026, 10, 29, 2, 15, 0, 123);
  const name = rotatedName("error", atMs);
  assert.equal(name, "error_events.20261129T021500123Z.log");
  assert.deepEqual(parseRotated(name, 5), { name, file: "error", atMs, bytes: 5 });
  for (
    const other of [
      "error_events.log",
      "my_events.20261129T021500123Z.log",
      "error_events.1.log",
      "",
    ]
  ) {
    assert.equal(parseRotated(other, 5), null);
  }
  const files = [1, 2, 3].map((day) => parseRotated(rotatedName("data", day * DAY_MS), 10)!);
  const gone = (keepMs: number, totalBytes: number) =>
    outdated(files, 4 * DAY_MS, { keepMs, totalBytes, fileBytes: 1 }).map(({ atMs }) =>
      atMs / DAY_MS
    );
  assert.deepEqual(gone(2 * DAY_MS, 100), [1]);
  assert.deepEqual(gone(1e12, 15), [2, 1]);
  assert.deepEqual(gone(1e12, 30), []);
});
