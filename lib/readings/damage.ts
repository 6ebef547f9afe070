/**
 * DESIGN. What was found damaged, so that answers can say it, nothing merges or deletes it as if it were good,
 * and it is reported after a restart, too. An entry goes when its chunk is intact again, or gone.
 */
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { SqlStatement, SqlValue } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { FormatError } from "./bytes.ts";
import type { Damage, DamagedRange } from "./store.ts";

/** More are counted and logged, not listed. */
const MOST_ENTRIES = 10_000;

/** What is known about the damage of a chunk, a group or a sensor. */
export type Found = Omit<Damage, "foundMs" | "acknowledgedMs"> & { blob?: Uint8Array };

export class DamageBook {
  readonly #entries = new Map<string, Damage>();

  private constructor(
    private readonly connection: Connection,
    private readonly log: Log,
    private readonly nowMs: () => number,
  ) {}

  static async load(
    deps: { connection: Connection; log: Log; nowMs: () => number },
  ): Promise<DamageBook> {
    const book = new DamageBook(deps.connection, deps.log, deps.nowMs);
    const { rows } = await deps.connection.query({
      sql: "SELECT kind, ref, sensor, from_ms, to_ms, readings, reason, found_ms, " +
        "acknowledged_ms FROM damage " +
        `LIMIT ${MOST_ENTRIES}`,
    });
    for (const row of rows) {
      const entry = damageOf(row);
      book.#entries.set(keyOf(entry), entry);
    }
    return book;
  }

  all(): Damage[] {
    return [...this.#entries.values()];
  }

  has(kind: Damage["kind"], ref: number): boolean {
    return this.#entries.has(`${kind} ${ref}`);
  }

  get(kind: Damage["kind"], ref: number): Damage | undefined {
    return this.#entries.get(`${kind} ${ref}`);
  }

  /** What is known to be missing of a sensor in `[fromMs, toMs)`, by time. */
  within(sensor: number, fromMs: number, toMs: number): DamagedRange[] {
    if (this.#entries.size === 0) return [];
    return this.all()
      .filter((d) => d.kind !== "summary" && (d.sensor === sensor || d.sensor === null))
      .filter((d) => d.toMs > fromMs && d.fromMs < toMs)
      .map(({ fromMs, toMs, readings, reason }) => ({ fromMs, toMs, readings, reason }))
      .sort((a, b) => a.fromMs - b.fromMs);
  }

  /** Says that something is damaged: once in the log, and in the database where that can be written. */
  async record({ blob, ...found }: Found): Promise<void> {
    const key = keyOf(found);
    if (this.#entries.has(key)) return;
    const entry: Damage = { ...found, foundMs: this.nowMs(), acknowledgedMs: null };
    if (this.#entries.size < MOST_ENTRIES) this.#entries.set(key, entry);
    this.log.error(`${nameOf(entry)} is damaged: ${entry.reason}`, {
      readings: entry.readings,
      from: isoOf(entry.fromMs),
      to: isoOf(entry.toMs),
    });
    await this.#write({
      sql: "INSERT OR IGNORE INTO damage " +
        "(kind, ref, sensor, from_ms, to_ms, readings, reason, found_ms, b) " +
        "VALUES (?,?,?,?,?,?,?,?,?)",
      args: [
        entry.kind,
        entry.ref,
        entry.sensor,
        entry.fromMs,
        entry.toMs,
        entry.readings,
        entry.reason,
        entry.foundMs,
        blob ?? null,
      ],
    });
  }

  /** A group that was found damaged while its readings are still in memory: nothing is missing yet. */
  noteGroup(ref: number, blob: Uint8Array, reason: string): Promise<void> {
    return this.record({
      kind: "group",
      ref,
      sensor: null,
      fromMs: 0,
      toMs: 0,
      readings: 0,
      reason: `${reason}; its readings are still in memory`,
      blob,
    });
  }

  /** See `ReadingsStore.acknowledgeDamage`. */
  async acknowledge(foundUntilMs: number, extra: readonly SqlStatement[]): Promise<number> {
    const news = this.all().filter((d) => d.acknowledgedMs === null && d.foundMs <= foundUntilMs);
    if (news.length === 0) return 0;
    const nowMs = this.nowMs();
    await this.connection.write([{
      sql: "UPDATE damage SET acknowledged_ms = ? WHERE acknowledged_ms IS NULL AND found_ms <= ?",
      args: [nowMs, foundUntilMs],
    }, ...extra]);
    for (const entry of news) entry.acknowledgedMs = nowMs;
    return news.length;
  }

  /** What was damaged is intact, or gone. */
  async settle(kind: Damage["kind"], ref: number): Promise<void> {
    if (!this.has(kind, ref)) return;
    this.#entries.delete(`${kind} ${ref}`);
    await this.#write({ sql: "DELETE FROM damage WHERE kind = ? AND ref = ?", args: [kind, ref] });
  }

  /** Chunks and rows of `summaries` are gone; `statements` belong into the transaction that deletes them. */
  gone(
    chunks: readonly number[],
    summaries: readonly number[] = [],
  ): { statements: SqlStatement[]; applied: () => void } {
    const all = [
      ...chunks.flatMap((ref) => (["chunk", "summary"] as const).map((kind) => ({ kind, ref }))),
      ...summaries.map((ref) => ({ kind: "tier" as const, ref })),
    ];
    const known = all.filter(({ kind, ref }) => this.has(kind, ref));
    return {
      statements: known.map(({ kind, ref }) => ({
        sql: "DELETE FROM damage WHERE kind = ? AND ref = ?",
        args: [kind, ref],
      })),
      applied: () => known.forEach(({ kind, ref }) => this.#entries.delete(`${kind} ${ref}`)),
    };
  }

  /** Memory knows it all the same: a full disk must not turn an answer into an error. */
  async #write(statement: SqlStatement): Promise<void> {
    try {
      await this.connection.write([statement]);
    } catch (error) {
      this.log.warn(`the list of what is damaged could not be written: ${messageOf(error)}`);
    }
  }
}

/** True when stored bytes are wrong, and not the way to them. */
export function isDamage(error: unknown): error is Error {
  return error instanceof FormatError ||
    (error instanceof PerchError && /SQLITE_CORRUPT|malformed/.test(error.message));
}

/** What it is, for people. */
export function nameOf({ kind, ref }: Pick<Damage, "kind" | "ref">): string {
  if (kind === "chunk") return `chunk ${ref}`;
  if (kind === "summary") return `the summary of chunk ${ref}`;
  if (kind === "tier") return `row ${ref} of what was summed up`;
  return kind === "group" ? `journal group ${ref}` : `what is known of sensor number ${ref}`;
}

function keyOf({ kind, ref }: Pick<Damage, "kind" | "ref">): string {
  return `${kind} ${ref}`;
}

function damageOf(
  [kind, ref, sensor, fromMs, toMs, readings, reason, foundMs, acknowledgedMs]: SqlValue[],
): Damage {
  return {
    kind: kind as Damage["kind"],
    ref: Number(ref),
    sensor: sensor === null ? null : Number(sensor),
    fromMs: Number(fromMs),
    toMs: Number(toMs),
    readings: Number(readings),
    reason: String(reason),
    foundMs: Number(foundMs),
    acknowledgedMs: acknowledgedMs === null ? null : Number(acknowledgedMs),
  };
}

function isoOf(tMs: number): string {
  return new Date(Math.max(-8.64e15, Math.min(tMs, 8.64e15)) || 0).toISOString();
}
