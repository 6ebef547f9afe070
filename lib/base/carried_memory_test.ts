import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { alignCarried } from "../../.ci/align.ts";
import { ROOT } from "../../tests/support/perch.ts";
import { alignedAfter, anonymousRegions, MAGIC, mapCarried } from "./carried_memory.ts";
import { openOwnProcess } from "./own_process.ts";

const PROGRAM_BYTES = 5_000;
const CARRIED_BYTES = 3_000_000;

/** A file as a program that carries something: tables without entries at its end, and what it carries. */
async function program(folder: string): Promise<string> {
  const path = `${folder}/program`;
  const bytes = new Uint8Array(PROGRAM_BYTES + CARRIED_BYTES);
  new DataView(bytes.buffer).setBigUint64(0x28, BigInt(PROGRAM_BYTES), true);
  for (let at = PROGRAM_BYTES; at < bytes.length; at++) bytes[at] = at % 251;
  bytes.set(MAGIC, PROGRAM_BYTES);
  await Deno.writeFile(path, bytes);
  return path;
}

async function exchanged(path: string, from: number, kind: "same" | "other") {
  const child = fileURLToPath(new URL("../../tests/support/carried_child.ts", import.meta.url));
  const args = ["run", "--no-check", "--config", `${ROOT}deno.json`, "-A", child];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, path, String(from), kind],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

Deno.test("the file of a program takes the place of the copy of what it carries", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await program(folder);
    const unaligned = await exchanged(path, PROGRAM_BYTES, "same");
    assert.deepEqual(unaligned, { bytes: 0, isMapped: false, isSame: true });

    assert.equal(await alignCarried(path), true);
    const from = alignedAfter(PROGRAM_BYTES);
    const aligned = await exchanged(path, from, "same");
    assert.ok(aligned.bytes > CARRIED_BYTES - 200_000, JSON.stringify(aligned));
    assert.deepEqual({ ...aligned, bytes: 0 }, { bytes: 0, isMapped: true, isSame: true });

    const other = await exchanged(path, from, "other");
    assert.deepEqual(other, { bytes: 0, isMapped: false, isSame: false });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("alignCarried leaves a file alone that is laid out otherwise", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await program(folder);
    const bytes = await Deno.readFile(path);
    bytes[PROGRAM_BYTES] = 0;
    await Deno.writeFile(path, bytes);
    assert.equal(await alignCarried(path), false);
    assert.deepEqual(await Deno.readFile(path), bytes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("mapCarried leaves everything as it is where there is no copy", async () => {
  assert.equal(await mapCarried(openOwnProcess()!), 0);
  assert.equal(await mapCarried(openOwnProcess()!, "/nowhere"), 0);
});

Deno.test("anonymousRegions takes memory of no file, large enough, that can be written", () => {
  const maps = [
    "1000-5000 rw-p 00000000 00:00 0 ",
    "5000-6000 rw-p 00000000 00:00 0 ",
    "6000-a000 r--p 00000000 00:00 0 ",
    "a000-f000 rw-p 00000000 08:01 12 /usr/bin/x",
    "f000-1f000 rw-p 00000000 00:00 0                  [heap]",
  ].join("\n");
  assert.deepEqual(anonymousRegions(maps, 0x2000), [[0x1000, 0x5000]]);
});
