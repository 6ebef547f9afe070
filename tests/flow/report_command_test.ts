/** `perch report` as scripts use it: while Perch runs, and while it does not; the same report is the same file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { perchHere } from "../support/command_here.ts";
import { perch, serve, withDir } from "../support/command_line.ts";

const NOVEMBER = ["--from", "2025-11-01", "--to", "2025-12-01"];

Deno.test("perch report, without a running Perch and by one; wrong times and places are named", () =>
  withDir(async (dir) => {
    // Days are the site's, whatever the host's zone is.
    const zone = await perchHere(dir, ["settings", "set", "site.time_zone", "Asia/Tokyo"]);
    assert.equal(zone.code, 0, zone.err);
    const [first, second] = ["first.pdf", "second.pdf"].map((name) => join(dir, name));
    const made = await perchHere(dir, ["report", ...NOVEMBER, "--out", first]);
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /first\.pdf \([\d.]+\skB\)$/);
    for (
      const [args, words] of [
        [[], /give --from \(and --to\), or --range/],
        [["--from", "yesterday"], /--from is "yesterday": give a day such as/],
        [["--range", "last_week", ...NOVEMBER], /a range stands for `from` and `to`/],
        [
          ["--from", "2026-01-01", "--to", "2025-01-01"],
          /2025-12-31T15:00.* is not before 2024-12-31T15:00/,
        ],
        [["--from", "1990-01-01", "--to", "2025-01-01"], /ten years at most/],
        [[...NOVEMBER, "--machine", "hall-9"], /there is no machine or area “hall-9”/],
        [[...NOVEMBER, "--format", "docx"], /--format: give pdf, xlsx or csv/],
        [[...NOVEMBER, "--sections", "weather"], /--sections/],
      ] as [string[], RegExp][]
    ) {
      const refused = await perchHere(dir, ["report", ...args]);
      assert.equal(refused.code, 2, args.join(" "));
      assert.match(refused.err, words);
    }
    const running = await serve(dir);
    try {
      const again = await perch(dir, ["report", ...NOVEMBER, "--json", "--out", second]);
      assert.equal(again.code, 0, again.err);
      const { state, path, file, options } = JSON.parse(again.out);
      assert.equal(options.from_ms, Date.UTC(2025, 9, 31, 15));
      assert.deepEqual([state, path], ["done", second]);
      const own = await perch(dir, ["report", ...NOVEMBER]);
      assert.equal(own.out.split(" ")[0], join(dir, file.name));
      const there = await perch(dir, ["report", ...NOVEMBER]);
      assert.equal(there.code, 2, there.err);
      assert.match(there.err, /is there already: give --out FILE/);
    } finally {
      await running.stop();
    }
    assert.deepEqual(await Deno.readFile(first), await Deno.readFile(second));
  }));
