import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { sabotaged } from "../../tests/support/sabotage.ts";
import { until } from "../../tests/support/until.ts";
import { createKernelFiles } from "./kernel_files.ts";

async function withTree(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(root, "proc/pressure"), { recursive: true });
    await Deno.mkdir(join(root, "sys/class"), { recursive: true });
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("kernel files: what this host's own kernel says is read", async () => {
  const files = createKernelFiles();
  assert.match(await files.read("/proc/stat") ?? "", /^cpu +\d+/);
  assert.match(await files.read("/proc/self/io") ?? "", /^write_bytes: \d+$/m);
  assert.ok((await files.list("/proc/self/fd"))!.includes("0"));
  assert.ok((await files.list("/sys/class"))!.includes("net"));
});

Deno.test("kernel files: a text longer than one read is whole, one longer than a file of the kernel is null", async () => {
  await withTree(async (root) => {
    const files = createKernelFiles({ root });
    const long = "é0123456789\n".repeat(10_000);
    await Deno.writeTextFile(join(root, "proc/mounts"), long);
    assert.equal(await files.read("/proc/mounts"), long);
    await Deno.writeTextFile(join(root, "proc/mounts"), long.repeat(10));
    assert.equal(await files.read("/proc/mounts"), null);
  });
});

Deno.test("kernel files: a folder of many names is listed whole and sorted", async () => {
  await withTree(async (root) => {
    const names = Array.from({ length: 600 }, (_, n) => `thermal_zone${n}`).sort();
    for (const name of names) await Deno.writeTextFile(join(root, "sys/class", name), "");
    assert.deepEqual(await createKernelFiles({ root }).list("/sys/class"), names);
  });
});

Deno.test("kernel files: what is missing, of the other kind or outside of the roots is null", async () => {
  await withTree(async (root) => {
    await Deno.writeTextFile(join(root, "secret"), "x");
    await Deno.writeTextFile(join(root, "process"), "x");
    await Deno.writeTextFile(join(root, "proc/stat"), "cpu 1");
    const files = createKernelFiles({ root });
    assert.equal(await files.read("/proc/stat"), "cpu 1");
    for (const path of ["/proc/nothing", "/proc/pressure", "/secret", "/process"]) {
      assert.equal(await files.read(path), null, path);
    }
    for (const path of ["/proc/../secret", "/proc/stat\0", "secret", ""]) {
      assert.equal(await files.read(path), null, path);
    }
    assert.equal(await files.list("/proc/stat"), null);
    assert.equal(await files.list("/"), null);
  });
});

Deno.test("kernel files: a look says why there is no text, and links are read as they are written", async () => {
  await withTree(async (root) => {
    const files = createKernelFiles({ root, deadlineMs: 100 });
    await Deno.writeTextFile(join(root, "sys/class/temp"), "21437");
    await Deno.symlink("../../devices/1-0076", join(root, "sys/class/device"));
    execFileSync("mkfifo", [join(root, "sys/class/stuck")]);
    assert.deepEqual(await files.look("/sys/class/temp"), { text: "21437" });
    assert.deepEqual(await files.look("/sys/class/nothing"), { fault: "absent" });
    assert.deepEqual(await files.look("/sys/class/device/temp"), { fault: "absent" });
    assert.deepEqual(await files.look("/sys/class"), { fault: "failed" });
    assert.deepEqual(await files.look("/etc/passwd"), { fault: "forbidden" });
    assert.deepEqual(await files.look("/sys/class/stuck"), { fault: "late" });
    assert.equal(await files.link("/sys/class/device"), "../../devices/1-0076");
    assert.equal(await files.link("/sys/class/temp"), null);
    assert.equal(await files.link("/proc/../secret"), null);
    await Deno.writeTextFile(join(root, "sys/class/stuck"), "late");
    await until("the late answer", () => files.hanging().length === 0 || null);
  });
});

Deno.test("kernel files: one that hangs is null in time, is not asked again, and is read when it answers", async () => {
  await withTree(async (root) => {
    const pipe = join(root, "proc/stat");
    execFileSync("mkfifo", [pipe]);
    await Deno.writeTextFile(join(root, "proc/uptime"), "1.0 2.0\n");
    const files = createKernelFiles({ root, deadlineMs: 100 });
    try {
      const startMs = performance.now();
      assert.deepEqual(await Promise.all([files.read("/proc/stat"), files.read("/proc/stat")]), [
        null,
        null,
      ]);
      assert.ok(performance.now() - startMs < 10_000);
      assert.deepEqual(files.hanging(), ["/proc/stat"]);
      const threads = await threadCount();
      // Red under control: a reader that does not remember what hangs.
      const again = () =>
        sabotaged("host-forgets") ? createKernelFiles({ root, deadlineMs: 100 }) : files;
      for (let n = 0; n < 20; n++) assert.equal(await again().read("/proc/stat"), null);
      assert.ok(await threadCount() <= threads + 1, "no thread for each try");
      assert.equal(await files.read("/proc/uptime"), "1.0 2.0\n", "others are read");
    } finally {
      await Deno.writeTextFile(pipe, "cpu late");
    }
    await until("the late answer", () => files.hanging().length === 0 || null);
    await Deno.remove(pipe);
    await Deno.writeTextFile(pipe, "cpu 1");
    assert.equal(await files.read("/proc/stat"), "cpu 1");
  });
});

Deno.test("kernel files: when too many hang, nothing more is asked", async () => {
  await withTree(async (root) => {
    const pipes = ["a", "b", "c"].map((name) => join(root, "proc", name));
    for (const pipe of pipes) execFileSync("mkfifo", [pipe]);
    await Deno.writeTextFile(join(root, "proc/uptime"), "1.0 2.0\n");
    const files = createKernelFiles({ root, deadlineMs: 50, mostHanging: 2 });
    try {
      for (const name of ["a", "b", "c"]) assert.equal(await files.read(`/proc/${name}`), null);
      assert.deepEqual(files.hanging(), ["/proc/a", "/proc/b"]);
      assert.equal(await files.read("/proc/uptime"), null);
    } finally {
      for (const pipe of pipes.slice(0, 2)) await Deno.writeTextFile(pipe, "late");
    }
    await until("the late answer", () => files.hanging().length === 0 || null);
    assert.equal(await files.read("/proc/uptime"), "1.0 2.0\n");
  });
});

async function threadCount(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/^Threads:\s+(\d+)/m.exec(status)![1]);
}
