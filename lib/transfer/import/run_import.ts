/**
 * DESIGN. A worker reads the file in segments, the next one while one is stored. A segment's readings go to their
 * sensors in blocks, each in one transaction with the import's place: the segment, and how many of its readings are
 * done. The same segment is read the same again, so a kill costs what was read of it, and counts nothing twice.
 * Between two blocks the intake comes first (`idle`).
 */
import { PerchError } from "../../base/errors.ts";
import type { Database } from "../../db/client.ts";
import type { JobRun, JobWorker } from "../../jobs/job.ts";
import type { ImportStore } from "../../readings/importing.ts";
import { grouped } from "../../words/numbers.ts";
import { DAY_MS } from "../../words/times.ts";
import { SegmentBlocks } from "./blocks.ts";
import { type Counting, createCounting } from "./counting.ts";
import { forgetOver, readDetails, writeDetails } from "./details_store.ts";
import {
  DetailLists,
  type Details,
  type ImportPlace,
  NO_DETAILS,
  placeAfter,
  placeOfCursor,
  startAt,
} from "./import_counts.ts";
import { withReader } from "./import_reader.ts";
import type { ImportSensors } from "./import_sensors.ts";
import { type ImportOrder, importOrderSchema, type ImportResult } from "./imports.ts";
import type { PackedSegment } from "./packing.ts";
import { TargetPlanner } from "./part_targets.ts";

export interface ImportDeps {
  db: Pick<Database, "query" | "write">;
  readings: ImportStore;
  sensors: ImportSensors;
  /** A folder of its own, for the time of a dry run. */
  scratchFolder: string;
  /** Resolves when nothing urgent is to be done; with a sentence when it has to be asked again before it goes on. */
  idle(signal: AbortSignal): Promise<string | null>;
  monotonicMs(): number;
}

/** Does imports, and their dry runs. */
export function createImportWorker(deps: ImportDeps): JobWorker {
  return {
    kind: "import",
    async run(run) {
      const order = importOrderSchema.parse(run.job.options);
      const running = await RunningImport.begin(deps, run, order);
      try {
        await running.readAll();
        running.report(order.dry_run ? "Counted" : "Imported");
      } catch (error) {
        running.report(running.endedEarly());
        run.signal.throwIfAborted();
        throw error;
      } finally {
        if (order.dry_run) {
          await Deno.remove(deps.scratchFolder, { recursive: true }).catch(() => {});
        }
      }
      return running.result();
    },
  };
}

class RunningImport {
  #stored: number;
  #repeated: number;
  /** Readings of the first segment that were stored before. */
  #done: number;
  #kept: Details[] = [];
  readonly #beganMs: number;
  readonly #before: number;
  #share = 0;

  static async begin(deps: ImportDeps, run: JobRun, order: ImportOrder): Promise<RunningImport> {
    const name = order.continues ?? run.job.id;
    await forgetOver(deps.db, name);
    const state = order.dry_run ? null : await deps.readings.importState(name);
    const place = state === null ? startAt(run.job.createdMs) : placeOfCursor(state.cursor);
    const details = state === null ? NO_DETAILS : await readDetails(deps.db, name, place.segment);
    return new RunningImport(deps, run, order, {
      ...{ name, place, stored: state?.stored ?? 0, repeated: state?.repeated ?? 0 },
      ...{ done: state?.done ?? 0, lists: new DetailLists(details) },
    });
  }

  readonly #name: string;
  readonly #lists: DetailLists;
  readonly #planner: TargetPlanner;
  #place: ImportPlace;
  #to: Counting;

  private constructor(
    private readonly deps: ImportDeps,
    private readonly run: JobRun,
    private readonly order: ImportOrder,
    from: {
      name: string;
      place: ImportPlace;
      stored: number;
      repeated: number;
      done: number;
      lists: DetailLists;
    },
  ) {
    this.#to = deps.readings;
    this.#name = from.name;
    this.#lists = from.lists;
    this.#place = from.place;
    this.#stored = from.stored;
    this.#repeated = from.repeated;
    this.#done = from.done;
    this.#before = from.stored + from.repeated;
    this.#beganMs = deps.monotonicMs();
    this.#planner = new TargetPlanner(
      {
        sensors: deps.sensors,
        lists: this.#lists,
        beganMs: this.#place.beganMs,
        dryRun: order.dry_run,
      },
      order,
    );
  }

  async readAll(): Promise<void> {
    const { file: path, name, format, options } = this.order;
    const source = { path, name, bytes: await bytesOf(path, name) };
    const { signal } = this.run;
    await withReader(signal, async (reader) => {
      const untilMs = this.#place.beganMs + DAY_MS;
      if (this.order.dry_run) {
        this.#to = createCounting(this.#to, await reader.scratch(this.deps.scratchFolder));
      }
      const request = { source, format, options, cursor: this.#place.segment, untilMs };
      for await (const segment of reader.read(request)) {
        signal.throwIfAborted();
        await this.#take(segment);
      }
    });
  }

  async #take(segment: PackedSegment): Promise<void> {
    await this.#keepLists();
    const found = await this.#planner.targetsOf(segment);
    const blocks = new SegmentBlocks(segment, found.targets);
    const cursor = JSON.stringify(this.#place);
    const before = this.#share;
    // A segment of which nothing is stored moves the place all the same.
    if (blocks.total === 0 && !this.order.dry_run) await this.#store(blocks, 0, cursor);
    for (let at = this.#done; at < blocks.total;) {
      at += await this.#store(blocks, at, cursor);
      this.#share = before + (segment.share - before) * at / blocks.total;
      this.report(this.order.dry_run ? "Counting" : "Importing");
    }
    this.#done = 0;
    this.#share = segment.share;
    this.#lists.reject(segment.rejected);
    this.#lists.reject(found.reasons);
    this.#place = placeAfter(this.#place, {
      next: segment.next,
      read: segment.read,
      empty: segment.empty,
      rejected: segment.rejectedCount + found.rejected,
      skipped: found.skipped,
      ...blocks.range(),
    });
    this.report(this.order.dry_run ? "Counting" : "Importing");
  }

  /** Stores the block at a place of a segment, or as much of it as one step takes; gives how much that is. */
  async #store(blocks: SegmentBlocks, at: number, cursor: string): Promise<number> {
    await this.#untilIdle();
    const importer = { name: this.#name, cursor, done: at };
    const block = blocks.at(at);
    const { stored, repeated, taken } = "hours" in block
      ? await this.#to.importHours({ ...block.hours, importer })
      : await this.#to.importReadings({ ...block.readings, importer });
    this.#stored += stored;
    this.#repeated += repeated;
    return taken;
  }

  async #untilIdle(): Promise<void> {
    const { signal } = this.run;
    for (let why; (why = await this.deps.idle(signal)) !== null && !signal.aborted;) {
      this.report(why);
    }
    signal.throwIfAborted();
  }

  /** Before the place moves into a segment, the lists of what stands before it are on the disk. */
  async #keepLists(): Promise<void> {
    if (this.order.dry_run) return;
    this.#kept = [...this.#kept.slice(-1), this.#lists.at(this.#place.segment)];
    await writeDetails(this.deps.db, this.#name, this.#kept);
  }

  report(words: string): void {
    const { read, empty, rejected, skipped } = this.#place;
    const seconds = Math.max(0.001, (this.deps.monotonicMs() - this.#beganMs) / 1000);
    const [stored, repeated] = [this.#stored, this.#repeated];
    const per_s = Math.round((stored + repeated - this.#before) / seconds);
    this.run.progress({
      share: this.#share,
      words,
      counts: { read, stored, repeated, empty, rejected, skipped, per_s },
    });
  }

  endedEarly(): string {
    if (this.order.dry_run) return "It ended early: nothing was stored";
    const stored = `${grouped(this.#stored)} reading${this.#stored === 1 ? "" : "s"}`;
    return `It ended early: ${stored} of the file are stored and stay; it can go on from here`;
  }

  result(): ImportResult {
    const { read, empty, rejected, skipped, fromMs, toMs } = this.#place;
    const series = [...this.#lists.series.values()];
    const made = new Set(series.filter(({ is_new }) => is_new).map(({ sensor }) => sensor));
    return {
      format: this.order.format,
      dry_run: this.order.dry_run,
      ...{ read, stored: this.#stored, repeated: this.#repeated, empty, rejected, skipped },
      rejected_lines: this.#lists.rejected,
      new_sensors: made.size,
      series,
      from_ms: fromMs,
      to_ms: toMs,
    };
  }
}

async function bytesOf(path: string, name: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new PerchError("not_found", `"${name}" is not there any more: upload it again`);
  }
}
