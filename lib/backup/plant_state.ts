import type { SqlValue } from "../db/client.ts";

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, SqlValue>>;

/** What of a plant is compared before one database takes the place of another. */
export interface PlantState {
  /** The row about the plant itself; null in a database from before plants had one. */
  plant: Row | null;
  users: readonly Row[];
  keys: readonly Row[];
  recoveryCodes: readonly Row[];
  /** Ids of the screens' links that are not revoked, and of browsers that get notices. */
  screens: readonly string[];
  browsers: readonly string[];
  /** `id`, `name`, `secrets`, and `enabled` of its state (1 without one). */
  channels: readonly Row[];
  /** Numbers of the alarms and tickets: they count up and are never used again. */
  alarms: readonly number[];
  tickets: readonly number[];
  /** Of the last owner. */
  epoch: number;
  readings: ReadingTotals;
}

/** Whether anybody may sign in, or be invited. */
export const hasPeople = ({ users }: PlantState) => users.some(maySignIn);

export const maySignIn = ({ state }: Row) => state === "active" || state === "invited";

/**
 * Whether an archive with this plant's id is of another plant than the live one. A database from before plants
 * had ids is known by its people; one without anybody is not a plant yet.
 */
export function isOther(live: PlantState, restored: PlantState, id: string): boolean {
  if (!hasPeople(live) || live.plant?.uid === id) return false;
  if (live.plant !== null && restored.plant !== null) return true;
  const known = new Set(live.users.map((row) => row.id));
  return !restored.users.some((row) => known.has(row.id));
}

/** How many readings of each sensor there are. */
export interface ReadingTotals {
  /** By the sensor's storage number. */
  sensors: ReadonlyMap<number, SensorTotal>;
  /** Parts of the sealed ones, so that what retention removed since does not count. */
  chunks: readonly ChunkTotal[];
}

export interface ChunkTotal {
  sensor: number;
  firstMs: number;
  lastMs: number;
  n: number;
  bytes: number;
  sum: number;
}

export interface SensorTotal {
  n: number;
  /** Of those in chunks; Infinity without any. */
  oldestMs: number;
  newestMs: number;
  /** The earliest of those that are in no chunk yet; Infinity without any. */
  tailMs: number;
}

/**
 * Readings that are in the one and not in the other: how many, at least, and from which times. What the other
 * has of times that retention has removed or summed up since is not set off against them.
 */
export function readingsOnlyIn(
  live: ReadingTotals,
  restored: ReadingTotals,
): { readings: number; until_ms: number | null } {
  const gone = new Map<number, number>();
  const cut = cutSince(live);
  for (const { sensor, firstMs, lastMs, n } of restored.chunks) {
    const oldestMs = live.sensors.get(sensor)?.oldestMs ?? Infinity;
    if (firstMs >= oldestMs) continue;
    const left = lastMs < oldestMs ? 0 : cut.get(`${sensor} ${lastMs}`) ?? n;
    gone.set(sensor, (gone.get(sensor) ?? 0) + Math.max(0, n - left));
  }
  let readings = 0;
  let untilMs: number | null = null;
  for (const [sensor, { n, newestMs }] of live.sensors) {
    const common = (restored.sensors.get(sensor)?.n ?? 0) - (gone.get(sensor) ?? 0);
    if (n <= common) continue;
    readings += n - common;
    untilMs = Math.max(untilMs ?? 0, newestMs);
  }
  return { readings, until_ms: untilMs };
}

/** What the oldest chunk of each sensor holds, by its end: of one that was cut the end stays. */
function cutSince({ sensors, chunks }: ReadingTotals): Map<string, number> {
  const oldest = chunks.filter(({ sensor, firstMs }) => firstMs === sensors.get(sensor)?.oldestMs);
  return new Map(oldest.map(({ sensor, lastMs, n }) => [`${sensor} ${lastMs}`, n]));
}

/**
 * From which time on the one may have readings that the other has not, by sensor: all from before are in chunks that
 * both have.
 */
export function mayDifferFrom(live: ReadingTotals, restored: ReadingTotals): Map<number, number> {
  const keyOf = ({ sensor, firstMs, lastMs, n, bytes, sum }: ChunkTotal) =>
    [sensor, firstMs, lastMs, n, bytes, sum].join(" ");
  const common = new Set(restored.chunks.map(keyOf));
  const from = new Map<number, number>();
  const lower = (sensor: number, ms: number) =>
    from.set(sensor, Math.min(from.get(sensor) ?? Infinity, ms));
  for (const chunk of live.chunks) {
    if (!common.has(keyOf(chunk))) lower(chunk.sensor, chunk.firstMs);
  }
  for (const [sensor, { tailMs }] of live.sensors) if (tailMs < Infinity) lower(sensor, tailMs);
  return from;
}

/** How many of the numbers came after the last of the others. */
export function newerThan(numbers: readonly number[], others: readonly number[]): number {
  const last = others.reduce((most, one) => Math.max(most, one), 0);
  return numbers.filter((one) => one > last).length;
}
