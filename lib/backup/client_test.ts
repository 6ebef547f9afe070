import assert from "node:assert/strict";
import { join } from "node:path";
import { createBackupWorker } from "./client.ts";

const descriptors = () => [...Deno.readDirSync("/proc/self/fd")].length;

Deno.test({
  name: "a worker that is kept takes one call after the other, and costs file descriptors once",
  // It stays until it is ended.
  sanitizeResources: false,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "perch-kept-" });
    const file = join(folder, "no-archive.tar.gz");
    await Deno.writeTextFile(file, "this is no archive");
    const request = { file, target: join(folder, "into"), identity: null, mostBytes: 1_000_000 };
    const worker = createBackupWorker({ kept: true });
    const refused = () =>
      assert.rejects(
        worker.unpack({ ...request, migrationsFolder: folder }, () => {}),
        { code: "validation" },
      );
    try {
      await refused();
      const first = descriptors();
      for (let i = 0; i < 5; i++) await refused();
      assert.ok(descriptors() <= first + 1, `${first} and then ${descriptors()} descriptors`);
      await worker.callOff();
      await refused();
      // Two at once are two.
      await Promise.all([refused(), refused()]);
    } finally {
      await worker.end();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
