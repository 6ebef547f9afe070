/** `perch bench` in the compiled binaries, with the permissions that they ship with; under qemu as short as it can be. */
import assert from "node:assert/strict";
import type { BenchFigures } from "../../lib/cli/bench/figures.ts";
import { binaries } from "../support/binaries.ts";

for (const { file, name, path, runner, isThere } of binaries()) {
  Deno.test({
    name: `${file} (${name}) measures its host, and leaves nothing behind`,
    ignore: !isThere,
  }, async () => {
    const dir = await Deno.makeTempDir({ prefix: "perch-bench-" });
    try {
      const [command, ...before] = [...runner, path];
      const { code, stdout, stderr } = await new Deno.Command(command, {
        args: [...before, "bench", "--seconds", runner.length > 0 ? "2" : "5", "--json"],
        cwd: dir,
        env: { PERCH_DATA: dir, NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      assert.equal(code, 0, decoder.decode(stderr));
      assert.doesNotMatch(decoder.decode(stderr), /NotCapable|Requires .* access/);
      const { fsync, ingest, detection, storage, query, memory_peak_bytes } = JSON.parse(
        decoder.decode(stdout),
      ) as BenchFigures;
      assert.ok(fsync.count > 0 && fsync.p99_ms > 0);
      assert.ok(ingest.readings >= 4_000 && ingest.readings_per_s > 0);
      // Under qemu there may be no time for it.
      if (runner.length === 0) assert.ok(detection.us_per_reading! > 0);
      assert.ok(storage.bytes_per_reading! > 0.1 && storage.bytes_per_reading! < 20);
      assert.equal(query.readings, storage.readings);
      assert.ok(memory_peak_bytes! > 50e6);
      assert.deepEqual([...Deno.readDirSync(dir)], []);
      console.log(`  ${Math.round(ingest.readings_per_s)} readings/s`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}
