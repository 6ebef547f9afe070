/** `perch backup` as scripts use it: while Perch runs, and while it does not. */
import assert from "node:assert/strict";
import { perchHere } from "../support/command_here.ts";
import { perch, serve, withDir } from "../support/command_line.ts";
import { writeBackup } from "../support/backups.ts";
import { DAY_MS } from "../../lib/words/times.ts";

Deno.test("perch backup, list and cleanup, without a running Perch and by one", () =>
  withDir(async (dir) => {
    await writeBackup(dir, { sequence: 1, createdMs: Date.now() - 12 * DAY_MS });
    const first = await perchHere(dir, ["backup"]);
    assert.equal(first.code, 0, first.err);
    const [, path] = first.out.match(/^(\S+) \([\d.]+\skB\)$/)!;
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    assert.match(first.err, /^copying …/);

    const running = await serve(dir);
    try {
      const second = await perch(dir, ["backup", "--json"]);
      assert.equal(second.code, 0, second.err);
      const made = JSON.parse(second.out);
      assert.deepEqual([made.sequence, made.reason], [3, "asked"]);
      const listed = await perch(dir, ["backup", "list", "--json"]);
      assert.deepEqual(
        JSON.parse(listed.out).items.map((one: { sequence: number }) => one.sequence),
        [3, 2, 1],
      );
      const cleaned = await perch(dir, ["backup", "cleanup", "--keep-days", "10", "--json"]);
      assert.deepEqual(
        JSON.parse(cleaned.out).deleted.map((one: { sequence: number }) => one.sequence),
        [1],
      );
    } finally {
      await running.stop();
    }
    for (const days of ["0", "1.5"]) {
      const refused = await perchHere(dir, ["backup", "cleanup", `--keep-days=${days}`]);
      assert.equal(refused.code, 2, days);
      assert.match(refused.err, /--keep-days/);
    }
    const plan = await perchHere(dir, ["restore", "--undo", "--dry-run"]);
    assert.equal(plan.code, 2, "an undo that only looks does not exist, and is not done");
    assert.match(plan.err, /--dry-run does not go with --undo/);
    const left = await perchHere(dir, ["backup", "list"]);
    assert.match(left.out, /^MADE \(UTC\).*\n.*-3\.tar\.gz\n.*-2\.tar\.gz$/);
    const server = await perchHere(dir, ["backup"], {
      env: { DATABASE_URL: "http://127.0.0.1:8081" },
    });
    assert.deepEqual([server.code, server.out], [2, ""]);
    assert.match(server.err, /whoever runs the server backs it up/);
  }));
