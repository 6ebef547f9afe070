/**
 * DESIGN. Sealing moves the whole tail of one sensor into chunks, inside the transaction of a group that
 * comes anyway: no fsync of its own. A sensor is due at 10 000 readings, after a day, when the tail of all
 * sensors reaches its limit (the longest first), or when it is the last to hold on to a journal table that
 * should be freed. `series.sealed_group` says up to which journal row its readings are in chunks.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { type ChunkDraft, draftChunks } from "./chunk_store.ts";
import type { JournalPair } from "./journal_store.ts";
import type { Series, SeriesTable } from "./series.ts";
import { replaceSeries } from "./series_row.ts";
import { firstFrom, subslice } from "./slice.ts";
import { Tail } from "./tail.ts";

const SEAL_SPAN_MS = 24 * 3_600_000;
/** A thin sensor waits longer than a day: a chunk of a few readings costs more than it saves. */
const SEAL_SPAN_LEAST_READINGS = 1000;

export interface SealerOptions {
  /** Readings at which a sensor is sealed, default 10 000. */
  sealReadings?: number;
  /** Unsealed readings of all sensors, default 2 million (about 20 MB of memory). */
  tailReadingsMost?: number;
}

/** Decides which sensors to seal, and when a journal table can go. */
export class Sealer {
  readonly #queue: Series[] = [];
  readonly #tailMost: number;
  readonly #sealReadings: number;
  /** Sensors whose tail begins in the old journal table. */
  #pinning = new Set<Series>();

  constructor(
    private readonly table: SeriesTable,
    private readonly journal: JournalPair,
    options: SealerOptions = {},
  ) {
    this.#tailMost = options.tailReadingsMost ?? 2_000_000;
    this.#sealReadings = options.sealReadings ?? 10_000;
    this.#findPinning();
    for (const series of table.all()) this.noteGrowth(series);
  }

  /** To be called after readings were added to a sensor. */
  noteGrowth(series: Series): void {
    const { tail } = series;
    if (series.due || tail.n === 0) return;
    const full = tail.n >= this.#sealReadings;
    const old = tail.n >= SEAL_SPAN_LEAST_READINGS &&
      tail.time(tail.n - 1) - tail.time(0) >= SEAL_SPAN_MS;
    if (full || old) this.#enqueue(series);
  }

  /** Sensors to seal with a commit of `groupReadings`: keeps pace with what comes in, at least one. */
  choose(groupReadings: number, nowMs: number): Series[] {
    if (this.table.tailReadings > this.#tailMost) this.#enqueueLongest();
    if (this.journal.old.rows > 0 && this.journal.due(nowMs)) {
      for (const series of this.#pinning) this.#enqueue(series);
    }
    const chosen: Series[] = [];
    let readings = 0;
    while (
      this.#queue.length > chosen.length && (chosen.length === 0 || readings < 2 * groupReadings)
    ) {
      const series = this.#queue[chosen.length];
      chosen.push(series);
      readings += series.tail.n;
    }
    return chosen;
  }

  /** The seal of the chosen sensors was committed. */
  sealed(chosen: readonly Series[]): void {
    this.#queue.splice(0, chosen.length);
    for (const series of chosen) {
      series.due = false;
      this.#pinning.delete(series);
    }
  }

  /** A sensor was sealed outside of a commit. */
  sealedAlone(series: Series): void {
    const at = this.#queue.indexOf(series);
    if (at >= 0) this.#queue.splice(at, 1);
    series.due = false;
    this.#pinning.delete(series);
  }

  /** True when nothing in the old journal table is needed any more once `chosen` are sealed. */
  oldIsFree(chosen: readonly Series[]): boolean {
    if (this.journal.old.rows === 0) return false;
    let left = this.#pinning.size;
    for (const series of chosen) if (this.#pinning.has(series)) left--;
    return left === 0;
  }

  /** Turns to the other journal table when the current one is due and the other is empty. */
  turnIfDue(nowMs: number): void {
    if (this.journal.old.rows > 0 || !this.journal.due(nowMs)) return;
    this.journal.turn(nowMs);
    this.#findPinning();
  }

  #enqueue(series: Series): void {
    if (series.due || series.tail.n === 0) return;
    series.due = true;
    this.#queue.push(series);
  }

  #enqueueLongest(): void {
    let readings = 0;
    const longest = this.table.all().filter((s) => s.tail.n > 0).sort((a, b) =>
      b.tail.n - a.tail.n
    );
    for (const series of longest) {
      if (readings >= this.#tailMost / 10) break;
      readings += series.tail.n;
      this.#enqueue(series);
    }
  }

  #findPinning(): void {
    const { lastId } = this.journal.old;
    this.#pinning = new Set(
      lastId === 0 ? [] : this.table.all().filter((s) => s.tail.n > 0 && s.firstGroup <= lastId),
    );
  }
}

/** What sealing one sensor writes, and what memory takes over after COMMIT. */
export interface Seal {
  series: Series;
  statements: SqlStatement[];
  drafts: ChunkDraft[];
}

/** Encodes the tail of a sensor as chunks; nothing changes until `applySeal`. */
export function planSeal(
  series: Series,
  lastGroup: number,
  kind: Connection["kind"],
): Seal {
  const all = series.tail.copy(0, series.tail.n);
  // What lies before the newest chunk is late: a part of its own, so that the rest overlaps nothing.
  const late = firstFrom(all, series.sealedNewestMs);
  const drafts = [
    ...(late > 0 ? draftChunks(series.sensor, subslice(all, 0, late), lastGroup, true) : []),
    ...draftChunks(series.sensor, subslice(all, late, all.n), lastGroup, false),
  ];
  const totals = totalsWith(series, drafts);
  const row = { ...series, ...totals, sealedGroup: lastGroup };
  const statements = [...drafts.map((draft) => draft.insert), replaceSeries(row, kind)];
  return { series, statements, drafts };
}

function totalsWith(series: Series, drafts: readonly ChunkDraft[]) {
  const sum = (of: (draft: ChunkDraft) => number) =>
    drafts.reduce((total, draft) => total + of(draft), 0);
  return {
    oldestMs: drafts.reduce((ms, d) => Math.min(ms, d.firstMs), series.sealedOldestMs),
    chunks: series.sealedChunks + drafts.length,
    readings: series.sealedReadings + sum((d) => d.n),
    bytes: series.sealedBytes + sum((d) => d.bytes),
  };
}

/** After COMMIT: the tail is in chunks now. */
export function applySeal({ series, drafts }: Seal, lastGroup: number, table: SeriesTable): void {
  const totals = totalsWith(series, drafts);
  table.tailReadings -= series.tail.n;
  series.tail = new Tail();
  series.exponentHint = 0;
  series.sealedGroup = lastGroup;
  series.sealedNewestMs = series.newestMs;
  series.sealedOldestMs = totals.oldestMs;
  series.sealedChunks = totals.chunks;
  series.sealedReadings = totals.readings;
  series.sealedBytes = totals.bytes;
}
