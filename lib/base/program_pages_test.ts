import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tests/support/perch.ts";
import { unwrittenParts } from "./program_pages.ts";

Deno.test("unwrittenParts takes parts of files that may not be written to, and of which nothing was", () => {
  const part = (head: string, anonymousKb: number) =>
    [head, "Rss:                 148 kB", `Anonymous:      ${anonymousKb} kB`, "VmFlags: rd mr"]
      .join("\n");
  const smaps = [
    part("1000-5000 r--p 00000000 fe:00 12                         /usr/bin/perch", 0),
    part("5000-9000 r-xp 00004000 fe:00 12                         /usr/bin/perch", 0),
    part("9000-a000 r--p 00008000 fe:00 12                         /usr/bin/perch", 8),
    part("a000-b000 rw-p 00009000 fe:00 12                         /usr/bin/perch", 0),
    part("b000-c000 rw-s 00000000 fe:00 13                         /var/lib/perch/perch.db-shm", 0),
    part("c000-d000 r--p 00000000 00:00 0 ", 0),
    part("7fff0000-7fff1000 r-xp 00000000 00:00 0                  [vdso]", 0),
    part("7ffff000-80000000 r-xp 00000000 fe:00 14                 /usr/lib/libc.so.6", 0),
  ].join("\n");
  assert.deepEqual(unwrittenParts(smaps), [
    [0x1000, 0x5000],
    [0x5000, 0x9000],
    [0x7ffff000, 0x80000000],
  ]);
});

Deno.test("letGoOfProgram gives back what a start has mapped of files, and the program goes on", async () => {
  const child = fileURLToPath(new URL("../../tests/support/let_go_child.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", `${ROOT}deno.json`, "-A", child],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  const { beforeKb, afterKb, sum } = JSON.parse(text);
  assert.ok(afterKb < beforeKb * 0.8, text);
  assert.equal(sum, 499_500);
});
