/** Trees of `tests/fixtures/hosts`: `proc`, `sys` and `etc` of a host, and in `later` what had changed 10 s after. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { until } from "../../../tests/support/until.ts";
import { createKernelFiles, type KernelFiles } from "../../base/kernel_files.ts";
import type { HostSample } from "../host_sample.ts";
import { type Collector, createCollector, HOST_ROOTS } from "./collector.ts";

const TREES = join(import.meta.dirname!, "../../../tests/fixtures/hosts");
const HOSTS = ["pi3", "pi4", "pi5", "x86"];
const SPACE = { totalBytes: 32e9, freeBytes: 20e9, inodes: 2e6, inodesFree: 1.9e6 };
const DEADLINE_MS = 1_000;

interface Host {
  root: string;
  clock: ReturnType<typeof fakeClock>;
  collector: Collector;
  /** Ten seconds go by. */
  later(): Promise<void>;
}

/** A host of its own to be changed. */
async function withHost(
  name: string,
  work: (host: Host) => Promise<void>,
  space = () => Promise.resolve(SPACE),
): Promise<void> {
  const root = await Deno.makeTempDir();
  const clock = fakeClock();
  // Red under control: a reader that waits for ever for a file that hangs.
  const deadlineMs = sabotaged("host-waits") ? 60_000 : DEADLINE_MS;
  const files = createKernelFiles({ root, roots: HOST_ROOTS, deadlineMs });
  const collector = createCollector({ files, clock, dataDir: "/var/lib/perch", space });
  try {
    copy(join(TREES, name), root);
    await work({
      root,
      clock,
      collector,
      async later() {
        copy(join(root, "later"), root);
        await clock.advance(10_000);
      },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const copy = (from: string, to: string) => execFileSync("cp", ["-r", `${from}/.`, to]);

const expectedOf = (name: string): HostSample[] =>
  JSON.parse(Deno.readTextFileSync(join(TREES, name, "expected.json")));

for (const name of HOSTS) {
  Deno.test(`host sample: ${name}, at first and ten seconds later`, async () => {
    await withHost(name, async ({ collector, later }) => {
      const samples = [await collector.sample()];
      await later();
      samples.push(await collector.sample());
      assert.deepEqual(samples, expectedOf(name));
    });
  });
}

Deno.test("host sample: shares and rates need a sample before, and a clock that goes on", async () => {
  await withHost("pi4", async ({ root, collector, clock, later }) => {
    const first = await collector.sample();
    assert.equal(first.cpu, null);
    assert.equal(first.process!.cpu, null);
    assert.deepEqual(first.blocks.map(({ busy }) => busy), [null, null]);
    assert.deepEqual(first.network.map((one) => one.receivedBytesPerS), [null, null]);
    // No time went by: nothing is divided by it.
    const same = await collector.sample();
    assert.equal(same.cpu, null);
    assert.deepEqual(same.blocks.map(({ busy }) => busy), [null, null]);
    // A wall clock that is set changes no rate.
    clock.jump(-86_400_000);
    await later();
    const [, expected] = expectedOf("pi4");
    assert.deepEqual({ ...await collector.sample(), atMs: 0 }, { ...expected, atMs: 0 });
    // Counters that were set back are not known.
    copy(join(TREES, "pi4"), root);
    await clock.advance(10_000);
    const back = await collector.sample();
    assert.equal(back.cpu, null);
    assert.deepEqual(back.blocks.map(({ busy }) => busy), [0, null]);
    assert.equal(back.process!.cpu, null);
  });
});

Deno.test("host sample: who asks while a sample is taken gets that one", async () => {
  await withHost("pi4", async ({ collector }) => {
    const [one, other] = await Promise.all([collector.sample(), collector.sample()]);
    assert.equal(one, other);
    assert.notEqual(await collector.sample(), one);
  });
});

/** The same files, read once; `spoil` says what is in one of them instead. */
function spoiledReader(files: KernelFiles) {
  const texts = new Map<string, Promise<string | null>>();
  const lists = new Map<string, Promise<string[] | null>>();
  const once = <T>(kept: Map<string, Promise<T>>, path: string, ask: () => Promise<T>) => {
    if (!kept.has(path)) kept.set(path, ask());
    return kept.get(path)!;
  };
  let bad: { path: string; text: string | null } | null = null;
  const reader: KernelFiles = {
    ...files,
    read: (path) =>
      path === bad?.path ? Promise.resolve(bad.text) : once(texts, path, () => files.read(path)),
    list: (path) => once(lists, path, () => files.list(path)),
  };
  return {
    reader,
    /** Those that were there and hold figures; not what names the host or a sensor. */
    async figures(): Promise<[string, string][]> {
      const all = await Promise.all([...texts].map(async ([path, text]) => [path, await text]));
      return (all as [string, string | null][]).filter((one): one is [string, string] =>
        one[1] !== null &&
        !/\/(type|name|model|sys_vendor|product_name|os-release|\w+_label)$/.test(one[0])
      );
    },
    spoil: (path: string, text: string | null) => void (bad = { path, text }),
  };
}

/** Every value is the expected one or not measured; a list may lack some of its parts. */
function assertSameOrUnmeasured(actual: unknown, expected: unknown, where: string): void {
  if (actual === null) return;
  if (Array.isArray(actual) && Array.isArray(expected) && typeof expected[0] === "object") {
    for (const one of actual) {
      const same: unknown = expected.find(({ name }) => name === one.name);
      assert.ok(same !== undefined, `${where}: ${one.name} is not there`);
      assertSameOrUnmeasured(one, same, `${where}.${one.name}`);
    }
  } else if (typeof actual === "object" && expected !== null) {
    for (const [name, value] of Object.entries(actual)) {
      const wanted = (expected as Record<string, unknown>)[name];
      assertSameOrUnmeasured(value, wanted, `${where}.${name}`);
    }
  } else assert.deepEqual(actual, expected, where);
}

const halfOf = (line: string) => {
  const columns = line.trim().split(/\s+/);
  return columns.slice(0, columns.length / 2).join(" ");
};

/** Ways in which a file may be other than documented. */
const SPOILED: Record<string, (text: string) => string | null> = {
  "a file that is gone": () => null,
  "an empty file": () => "",
  "bytes that are no text": () =>
    new TextDecoder().decode(crypto.getRandomValues(new Uint8Array(4_000))),
  "other words": () => "Permission denied: not supported (os error 95)\n",
  "columns that are missing": (text) => text.split("\n").map(halfOf).join("\n"),
  "figures with letters": (text) => text.replaceAll(/\d+/g, (figure) => `x${figure}`),
  "figures too large to be exact": (text) => text.replaceAll(/\d+/g, "99999999999999999999"),
};

for (const [what, spoil] of Object.entries(SPOILED)) {
  Deno.test(`host sample: ${what}: not measured, and nothing else changes`, async () => {
    for (const name of HOSTS) {
      const [expected] = expectedOf(name);
      const root = join(TREES, name);
      const spoiled = spoiledReader(createKernelFiles({ root, roots: HOST_ROOTS }));
      const sample = () => {
        const { reader: files } = spoiled;
        const space = () => Promise.resolve(SPACE);
        return createCollector({ files, clock: fakeClock(), dataDir: "/var/lib/perch", space })
          .sample();
      };
      assert.deepEqual(await sample(), expected);
      const figures = await spoiled.figures();
      assert.ok(figures.length > 20);
      for (const [path, text] of figures) {
        // Red under control: a figure that is another one is believed.
        const other = sabotaged("host-believes") ? text.replaceAll(/\d/g, "7") : spoil(text);
        spoiled.spoil(path, other);
        assertSameOrUnmeasured(await sample(), expected, path);
      }
    }
  });
}

Deno.test("host sample: a host without /proc and /sys: nothing is measured", async () => {
  await withHost("x86", async ({ root, collector, clock }) => {
    for (const folder of ["proc", "sys", "etc"]) {
      await Deno.remove(join(root, folder), { recursive: true });
    }
    const { atMs, disk, ...rest } = await collector.sample();
    assert.equal(atMs, clock.now());
    assert.deepEqual(disk, { ...SPACE, readOnly: null });
    for (const [name, value] of Object.entries(rest)) {
      assert.ok(value === null || (Array.isArray(value) && value.length === 0), name);
    }
  });
});

Deno.test("host sample: files and a disk that hang are not measured, cost one deadline and come back", async () => {
  let answer = () => {};
  const never = new Promise<typeof SPACE>((resolve) => answer = () => resolve(SPACE));
  await withHost("pi4", async ({ root, collector, later }) => {
    const [expected] = expectedOf("pi4");
    const hanging = ["proc/stat", "sys/class/thermal/thermal_zone0/temp", "proc/self/io"]
      .map((path) => join(root, path));
    const kept = await Promise.all(hanging.map((path) => Deno.readFile(path)));
    for (const path of hanging) {
      await Deno.remove(path);
      execFileSync("mkfifo", [path]);
    }
    const release = () => Promise.all(hanging.map((path) => Deno.writeTextFile(path, "")));
    let released = false;
    const guard = setTimeout(() => (released = true, release(), answer()), 20_000);
    try {
      const sample = await collector.sample();
      assert.equal(released, false, "one deadline, not for ever");
      assert.deepEqual(
        { cpu: sample.cpu, cores: sample.cores, disk: sample.disk, hot: sample.temperatures },
        { cpu: null, cores: null, disk: null, hot: [] },
      );
      assert.deepEqual(sample.process, { ...expected.process!, writtenBytes: null });
      assert.deepEqual(sample.memory, expected.memory);
      assert.deepEqual(sample.power, expected.power);
      const againMs = performance.now();
      assert.equal((await collector.sample()).cores, null);
      assert.ok(performance.now() - againMs < DEADLINE_MS, "those that hang are not asked again");
    } finally {
      clearTimeout(guard);
      if (!released) await release();
      answer();
    }
    for (const [n, path] of hanging.entries()) {
      await Deno.remove(path);
      await Deno.writeFile(path, kept[n]);
    }
    await until("all to answer", async () => {
      const { cores, disk, process } = await collector.sample();
      return cores !== null && disk !== null && process!.writtenBytes !== null || null;
    });
    await later();
    const [, second] = expectedOf("pi4");
    const sample = await collector.sample();
    assert.deepEqual(sample.cpu, second.cpu);
  }, () => never);
});

/** A process with the permissions that Perch has, which takes two samples of this host. */
async function sampleAsPerch(): Promise<{ sample: HostSample; rss: number }> {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(TREES, "../../../deno.json")));
  const permissions = tasks.perch.split(" ").filter((word: string) => word.startsWith("--allow-"));
  const url = (path: string) => JSON.stringify(import.meta.resolve(path));
  const program = `
    import { systemClock } from ${url("../../base/clock.ts")};
    import { createKernelFiles } from ${url("../../base/kernel_files.ts")};
    import { createCollector, HOST_ROOTS } from ${url("./collector.ts")};
    const files = createKernelFiles({ roots: HOST_ROOTS });
    const collector = createCollector({ files, clock: systemClock(), dataDir: Deno.cwd() });
    await collector.sample();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const sample = await collector.sample();
    console.log(JSON.stringify({ sample, rss: Deno.memoryUsage().rss }));`;
  const args = ["run", "--no-prompt", "--no-check", ...permissions, "--ext=ts", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(program));
  await input.close();
  const { stdout, code } = await child.output();
  assert.equal(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("host sample: this host itself, with the permissions that Perch has", async () => {
  const { sample, rss } = await sampleAsPerch();
  const { cpu, cores, memory, disk, process, load, uptimeS, bootId } = sample;
  assert.equal(cores, navigator.hardwareConcurrency);
  assert.ok(cpu!.used >= 0 && cpu!.used <= 1);
  assert.ok(Math.abs(process!.residentBytes / rss - 1) < 0.3, `${process!.residentBytes}, ${rss}`);
  assert.ok(process!.anonymousBytes! > 0 && process!.anonymousBytes! < process!.residentBytes);
  assert.ok(process!.openFiles! > 3 && process!.openFiles! <= process!.openFilesMost!);
  assert.ok(process!.threads! > 1 && process!.cpu! >= 0 && process!.writtenBytes! >= 0);
  assert.ok(Math.abs(memory!.totalBytes / Deno.systemMemoryInfo().total - 1) < 0.01);
  assert.ok(memory!.availableBytes < memory!.totalBytes);
  assert.ok(disk!.freeBytes > 0 && disk!.freeBytes < disk!.totalBytes);
  assert.equal(disk!.readOnly, false);
  assert.equal(load!.length, 3);
  assert.ok(Math.abs(uptimeS! - Deno.osUptime()) <= 5);
  assert.match(bootId!, /^[0-9a-f-]{36}$/);
});
