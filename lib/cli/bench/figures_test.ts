import assert from "node:assert/strict";
import { type BenchFigures, described, spreadOf } from "./figures.ts";

Deno.test("spreadOf: the middle and the slowest hundredth, whatever the order", () => {
  const ms = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
  assert.deepEqual(spreadOf(ms), { count: 100, p50_ms: 50, p99_ms: 99 });
  assert.deepEqual(spreadOf([3]), { count: 1, p50_ms: 3, p99_ms: 3 });
  assert.throws(() => spreadOf([]), /nothing was measured/);
});

Deno.test("the figures of a host are a line each, with what was not measured said", () => {
  const spread = { count: 10, p50_ms: 1.234, p99_ms: 1_234.5 };
  const figures: BenchFigures = {
    ...{ dir: "/var/lib/perch", cores: 4, seconds: 20.04, fsync: spread },
    ingest: {
      ...{ readings: 1_000_000, readings_per_s: 48_123.4, cpu_us_per_reading: 10.04 },
      acknowledged: spread,
    },
    detection: { readings: 0, us_per_reading: null },
    storage: { readings: 100, bytes_per_reading: 0.7549 },
    open_ms: 640,
    query: { readings: 100, points: 1_000, first_ms: 20, warm_ms: 3 },
    memory_peak_bytes: null,
  };
  const text = described(figures).join("\n");
  assert.match(text, /^This host, 4 cores, on the disk of \/var\/lib\/perch \(20 s\):\n/);
  assert.match(text, /^fsync of 4 kB, p50 \/ p99 +1\.23 \/ 1.235 ms$/m);
  assert.match(text, /^durable readings a second +48.123$/m);
  assert.match(text, /^of it detection.* not measured: too little time on this host$/m);
  assert.match(text, /^bytes per reading on the disk +0\.755$/m);
  assert.match(text, /^most memory +not measured$/m);
});
