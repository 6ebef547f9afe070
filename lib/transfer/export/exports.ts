import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import { createYoungGarbage } from "../../base/young_garbage.ts";
import type { ReadingsStore, StoreStats, Tier } from "../../readings/store.ts";
import type { SiteHead } from "../site_head.ts";
import { type BlockQuery, blocksOf } from "./blocks.ts";
import { createExportWriter, type ExportWriter } from "./client.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { type ReadHistory, release } from "./pages.ts";
import { type ExportPlan, headOf } from "./plan.ts";
import { type Block, type Bytes, isLong, NO_BYTES } from "./table.ts";

export interface ExportsDeps {
  readings: ReadHistory & Pick<ReadingsStore, "stats">;
  clock: Pick<Clock, "now">;
  /** This site, as its files name it. */
  site: SiteHead;
  /** Gives a path for a file that is read once and removed. */
  temporary(): Promise<string>;
  /** Gives back what the C library keeps of memory that was freed. */
  freeMemory?: (() => Promise<void>) | null;
  startWriter?: () => ExportWriter;
}

/** What was written. */
export interface Exported {
  rows: number;
  bytes: number;
  sensors: number;
  /** The coarsest tier of what is in it. */
  tier: Tier;
  /** Stretches that are missing, because they are damaged on the disk. */
  damaged: number;
}

export interface ExportProgress extends Pick<Exported, "rows" | "bytes"> {
  /** 0…1 */
  share: number;
  /** Full name of the sensor that is read; null: all at once. */
  sensor: string | null;
}

/** History written for others, in a worker: memory stays that of a few blocks. */
export interface Exports {
  /**
   * The bytes as they are made, as fast as they are read; when the reader goes, the work ends. At most a few at once.
   * @throws PerchError `busy`
   */
  stream(plan: ExportPlan): Promise<ReadableStream<Uint8Array>>;
  /** Writes a file. @throws PerchError `storage_full`, and the signal's reason */
  writeTo(
    path: string,
    plan: ExportPlan,
    signal: AbortSignal,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<Exported>;
  estimate(plan: ExportPlan): Promise<Estimate>;
}

/** Each has a worker. */
const MOST_STREAMS = 2;
/**
 * What is on its way while the engine looks for garbage is taken for something that stays: that it is little keeps it
 * little.
 */
const BIT_BYTES = 64 * 1024;
/** So much goes out between two looks for what of it may go. */
const GARBAGE_BYTES = 4 * 1024 * 1024;
const TIERS: readonly Tier[] = ["raw", "minute", "hour"];

export function createExports(deps: ExportsDeps): Exports {
  const { readings, clock, site, startWriter = createExportWriter } = deps;
  let streams = 0;
  const freeMemory = async () => await deps.freeMemory?.();

  /** The bytes of a plan; with a `path` they go there and none come out. */
  async function* bytesOf(
    plan: ExportPlan,
    path: string | null,
    seen: (block: Block, written: number) => void,
    onDamaged?: BlockQuery["onDamaged"],
  ): AsyncGenerator<Bytes> {
    // One export after the other would stand on what those before left.
    await freeMemory();
    const writer = startWriter();
    // From before the oldest there are no steps to go through.
    const oldestMs = oldestOf(await readings.stats()) ?? plan.toMs;
    const fromMs = Math.min(plan.toMs, Math.max(plan.fromMs, oldestMs));
    const blocks = blocksOf(readings, { ...plan.form, ...plan, fromMs, onDamaged });
    try {
      yield await writer.begin(headOf(plan, site, clock.now()), path);
      let writing: Promise<Bytes> | null = null;
      for await (const block of blocks) {
        // The next block was read while the one before was written.
        if (writing !== null) yield await writing;
        seen(block, writer.written());
        writing = writer.write(block);
        // It is heard where it is awaited.
        writing.catch(() => {});
      }
      if (writing !== null) yield await writing;
      yield await writer.end();
    } finally {
      writer.close();
      await blocks.return(undefined);
      await freeMemory();
    }
  }

  async function writeTo(
    path: string,
    plan: ExportPlan,
    signal: AbortSignal,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<Exported> {
    const sensors = plan.series.length;
    const done: Exported = { rows: 0, bytes: 0, sensors, tier: "raw", damaged: 0 };
    /** Pages of one answer name the same stretch again. */
    const stretches = new Set<string>();
    const seen = (block: Block, written: number) => {
      done.rows += block.tMs.length;
      done.bytes = written;
      if (isLong(block) && TIERS.indexOf(block.tier) > TIERS.indexOf(done.tier)) {
        done.tier = block.tier;
      }
      onProgress({ rows: done.rows, bytes: written, ...placeOf(block, plan) });
    };
    const onDamaged: BlockQuery["onDamaged"] = ({ num }, ranges) => {
      for (const { toMs } of ranges) stretches.add(`${num}:${toMs}`);
      done.damaged = stretches.size;
    };
    for await (const _ of bytesOf(plan, path, seen, onDamaged)) signal.throwIfAborted();
    done.bytes = (await Deno.stat(path)).size;
    return done;
  }

  /** A file that cannot be written from front to back is written whole, and read. */
  async function* bytesOfFile(plan: ExportPlan): AsyncGenerator<Bytes> {
    const path = await deps.temporary();
    try {
      for await (const _ of bytesOf(plan, path, () => {}));
      using file = await Deno.open(path, { read: true });
      for (;;) {
        const bit = new Uint8Array(BIT_BYTES);
        const n = await file.read(bit);
        if (n === null) return;
        yield bit.subarray(0, n);
      }
    } finally {
      await Deno.remove(path).catch(() => {});
    }
  }

  return {
    // deno-lint-ignore require-await
    async stream(plan) {
      if (streams >= MOST_STREAMS) {
        throw new PerchError(
          "busy",
          `${MOST_STREAMS} exports are being read already; try again, or order it as a job`,
          { retryAfterS: 5 },
        );
      }
      streams++;
      const isFile = plan.form.format === "sqlite";
      const pieces = isFile ? bytesOfFile(plan) : bytesOf(plan, null, () => {});
      return readOnce(pieces, () => streams--);
    },
    writeTo,
    estimate: (plan) => estimate(readings, plan),
  };
}

/** Where the history begins, however it is kept; null: there is none. */
export function oldestOf({ oldestMs, tiers }: StoreStats): number | null {
  const known = [oldestMs, ...Object.values(tiers).map((tier) => tier.oldestMs)]
    .filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** How far it is: the share of the sensors, and of the range of the one that is read. */
function placeOf(
  block: Block,
  { series, fromMs, toMs }: ExportPlan,
): Pick<ExportProgress, "share" | "sensor"> {
  const lastMs = block.tMs.at(-1) ?? fromMs;
  const ofRange = Math.min(1, Math.max(0, (lastMs - fromMs) / (toMs - fromMs)));
  if (!isLong(block)) return { share: ofRange, sensor: null };
  return {
    share: (block.series + ofRange) / series.length,
    sensor: series[block.series].name,
  };
}

/** Makes the pieces as fast as they are read; `onEnd` is called once. */
function readOnce(
  pieces: AsyncGenerator<Bytes>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const used = createYoungGarbage(GARBAGE_BYTES);
  let isOver = false;
  const end = () => {
    if (!isOver) onEnd();
    isOver = true;
  };
  let block: Uint8Array<ArrayBuffer> = NO_BYTES, at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        while (at >= block.length) {
          release(block);
          const { done, value } = await pieces.next();
          if (done) {
            end();
            return controller.close();
          }
          block = value, at = 0;
        }
        const bit = block.slice(at, at += BIT_BYTES);
        used(bit.length);
        controller.enqueue(bit);
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    async cancel() {
      end();
      await pieces.return(undefined);
    },
  }, { highWaterMark: 0 });
}
