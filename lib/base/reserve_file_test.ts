import assert from "node:assert/strict";
import { join } from "node:path";
import { createReserveFile, RESERVE_NAME } from "./reserve_file.ts";

async function withFolder(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "perch-reserve-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("createReserveFile takes up its whole size on the disk", () =>
  withFolder(async (folder) => {
    const reserve = createReserveFile(folder);
    assert.equal(reserve.held(), 0);
    await reserve.make(300_000);
    const { size, blocks } = await Deno.stat(join(folder, RESERVE_NAME));
    assert.equal(size, 300_000);
    assert.ok(blocks! * 512 >= size, `${blocks} blocks are not ${size} bytes`);
    assert.equal(reserve.held(), 300_000);
    assert.equal(createReserveFile(folder).held(), 300_000, "found again");
  }));

Deno.test("createReserveFile frees it once, and does not count a sparse file", () =>
  withFolder(async (folder) => {
    const path = join(folder, RESERVE_NAME);
    const reserve = createReserveFile(folder);
    await reserve.make(100_000);
    assert.equal(reserve.free(), true);
    assert.equal(reserve.free(), false);
    assert.equal(reserve.held(), 0);
    (await Deno.create(path)).truncateSync(1_000_000);
    assert.equal(createReserveFile(folder).held(), 0);
  }));

Deno.test("createReserveFile removes what an interrupted make left", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(join(folder, "reserve.tmp"), new Uint8Array(10));
    createReserveFile(folder);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
