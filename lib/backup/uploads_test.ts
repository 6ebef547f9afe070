import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { backUp, makePlant, requestFor } from "../../tests/support/backup.ts";
import { createUploads, type Uploads } from "./uploads.ts";

const DAY_MS = 86_400_000;
const room = () => Promise.resolve({ freeBytes: 1e9, spareBytes: 0 });

async function withFolder(
  run: (open: () => Uploads, folder: string, clock: { nowMs: number }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-uploads-" });
  const clock = { nowMs: Date.now() };
  const now = () => clock.nowMs;
  try {
    await run(() => createUploads({ folder, nowMs: now, deletionMs: now, room }), folder, clock);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("uploads go on after a restart, and are held against the sha256 of all of it", () =>
  withFolder(async (open, folder) => {
    const plant = join(folder, "../", `plant-${crypto.randomUUID()}`);
    await Deno.mkdir(plant);
    try {
      await makePlant(plant);
      await backUp(requestFor(plant, 1));
      const bytes = await Deno.readFile(requestFor(plant, 1).target);
      const half = bytes.length >> 1;
      const right = createHash("sha256").update(bytes).digest("hex");
      for (const [sha256, holds] of [[right, true], ["0".repeat(64), false]] as const) {
        const begun = await open().begin({ name: "a", bytes: bytes.length, sha256 }, "ann");
        const first = await open().receive(begun.id, 0);
        await first.write(bytes.subarray(0, half));
        await first.fail(new Error("the connection broke"));
        const again = open();
        const second = await again.receive(begun.id, half);
        await assert.rejects(again.receive(begun.id, half), /received already/);
        await assert.rejects(again.remove(begun.id), /being received/);
        await second.write(bytes.subarray(half));
        if (!holds) {
          await assert.rejects(second.end(), /not what was declared/);
          continue;
        }
        assert.equal((await second.end()).record.whole?.plant?.name, "Hall");
        const { path } = await again.archive(begun.id);
        assert.deepEqual(await Deno.readFile(path), bytes);
        await again.remove(begun.id);
      }
      assert.deepEqual(names(folder), []);
    } finally {
      await Deno.remove(plant, { recursive: true });
    }
  }));

Deno.test("uploads that nobody goes on with are removed after a day, whatever killed runs left at once", () =>
  withFolder(async (open, folder, clock) => {
    const uploads = open();
    const { id } = await uploads.begin({ name: "a", bytes: 10, sha256: null }, "ann");
    const form = await uploads.begin({ name: "b", bytes: null, sha256: null }, "ann");
    await Deno.writeFile(join(folder, "zzzzzzzz-c.partial"), new Uint8Array(5));
    await Deno.writeTextFile(join(folder, "yyyyyyyy-d.json"), "{");
    await Deno.writeTextFile(join(folder, `.${crypto.randomUUID()}.tmp`), "half");
    await Deno.writeTextFile(join(folder, "keep.txt"), "of somebody else");
    const receiving = await uploads.receive(form.id, 0);
    await uploads.sweep();
    assert.equal((await uploads.list()).length, 2, "a form that is coming stays");
    await receiving.fail(new Error("the connection broke"));
    await uploads.sweep();
    assert.deepEqual(names(folder), [`${id}.json`, `${id}.partial`, "keep.txt"].sort());
    clock.nowMs += DAY_MS - 60_000;
    await uploads.sweep();
    assert.equal((await uploads.find(id)).received, 0);
    clock.nowMs += 120_000;
    await uploads.sweep();
    assert.deepEqual(names(folder), ["keep.txt"]);
  }));
