import type { ChunkInfo } from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import type { DamagedRange } from "./store.ts";

/** The chunks that an answer had to leave out. */
export class Lost {
  readonly #chunks = new Map<number, ChunkInfo>();
  readonly add = (chunk: ChunkInfo): void => void this.#chunks.set(chunk.id, chunk);

  constructor(private readonly damage: DamageBook, private readonly sensor: number) {}

  /** What is missing in `[fromMs, toMs)`: what was met, and what else is known. */
  within(fromMs: number, toMs: number): DamagedRange[] {
    const known = this.damage.within(this.sensor, fromMs, toMs);
    for (const { id, firstMs, lastMs } of this.#chunks.values()) {
      const entry = this.damage.get("chunk", id);
      const isKnown = entry !== undefined && entry.fromMs < toMs && entry.toMs > fromMs &&
        (entry.sensor === null || entry.sensor === this.sensor);
      if (isKnown) continue;
      // A damaged row names another sensor or time than its readings do.
      const { readings = 0, reason = "it cannot be read" } = entry ?? {};
      known.push({ fromMs: firstMs, toMs: lastMs + 1, readings, reason });
    }
    return known.map((range) => ({
      ...range,
      fromMs: Math.max(range.fromMs, fromMs),
      toMs: Math.min(range.toMs, toMs),
    })).filter((range) => range.fromMs < range.toMs).sort((a, b) => a.fromMs - b.fromMs);
  }
}
