import assert from "node:assert/strict";
import { join } from "node:path";
import { openConnection } from "./connection.ts";
import { locate, lookAtFiles } from "./look.ts";

/** Takes the right to write away. A privileged user has it in spite of the mode. */
async function forbid(path: string): Promise<(() => Promise<unknown>) | null> {
  const run = (how: string) => new Deno.Command("chattr", { args: [how, path] }).output();
  if (Deno.uid() !== 0) {
    await Deno.chmod(path, 0o400);
    return () => Deno.chmod(path, 0o600);
  }
  if ((await run("+i")).success) return () => run("-i");
  assert.notEqual(Deno.env.get("PERCH_TEST_REQUIRE"), "all", "chattr +i does not work");
  console.warn("SKIPPED: rights are tested as another user than root, or where chattr +i works");
  return null;
}

Deno.test("lookAtFiles says which file this user may not write, and whose it is", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-look-" });
  const path = join(dir, "perch.db");
  try {
    const connection = await openConnection({ url: `file:${path}` });
    await connection.write([{ sql: "CREATE TABLE t (x)" }]);
    for (const end of ["", "-wal", "-shm"]) {
      const allow = await forbid(path + end);
      if (allow === null) break;
      try {
        assert.throws(() => lookAtFiles(locate(path)), (error: Error) => {
          assert.match(
            error.message,
            /cannot be read and written .*user \d+, mode [46]\d\d.*Nothing was changed/,
          );
          return error.message.includes(path + end);
        });
      } finally {
        await allow();
      }
      assert.equal(lookAtFiles(locate(path)).content, "database");
    }
    await connection.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
