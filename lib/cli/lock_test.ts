import assert from "node:assert/strict";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { readHolder, takeLock, tryLock } from "./lock.ts";

async function withDir(use: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("takeLock refuses a second holder and says who has it", async () => {
  await withDir(async (dir) => {
    const data = join(dir, "new", "data");
    const lock = await takeLock(data, "serve");
    lock.describe({ url: "http://localhost:8080" });
    await assert.rejects(takeLock(data, "serve"), (error: PerchError) => {
      assert.equal(error.code, "not_started");
      assert.match(error.message, new RegExp(`perch serve \\(process ${Deno.pid} since`));
      assert.match(error.message, /http:\/\/localhost:8080/);
      return true;
    });
    lock.release();
    assert.equal(readHolder(data), null);
    (await takeLock(data, "serve")).release();
  });
});

Deno.test("tryLock makes nothing of what a killed process left in the file", async () => {
  await withDir(async (dir) => {
    const left = { pid: 1, command: "serve", since: "2026-01-01T00:00:00Z", url: "http://gone" };
    await Deno.writeTextFile(join(dir, "perch.lock"), JSON.stringify(left));
    const lock = await tryLock(dir, "check");
    assert.ok(lock);
    assert.equal(readHolder(dir)?.command, "check");
    assert.equal(readHolder(dir)?.url, undefined);
    lock.release();
  });
});

Deno.test("takeLock creates the data directory for its owner alone", async () => {
  await withDir(async (dir) => {
    const data = join(dir, "data");
    (await takeLock(data, "serve")).release();
    assert.equal(Deno.statSync(data).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(join(data, "perch.lock")).mode! & 0o777, 0o600);
  });
});

Deno.test("takeLock says what to do when the directory cannot be made", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "file"), "");
    await assert.rejects(
      takeLock(join(dir, "file", "data"), "serve"),
      (error: PerchError) => /cannot be created.*PERCH_DATA/.test(error.message),
    );
  });
});
