import type { Database, SqlStatement } from "../../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../../db/list.ts";
import {
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  gte,
  inArray,
  lt,
  lte,
  min,
  or,
  sql,
  statementOf,
} from "../../db/orm.ts";
import { alarms } from "../../db/schema/alarms.ts";
import { type CameraImageRow, cameraImages } from "../../db/schema/cameras.ts";
import { DAY_MS } from "../../words/times.ts";
import type { ImageReason } from "./image.ts";

export type NewImage = Omit<CameraImageRow, "id">;

export interface ImageQuery extends PageQuery {
  reason?: ImageReason;
  /** At or after. */
  fromMs?: number;
  /** Before. */
  toMs?: number;
}

/** What one camera has kept. */
export interface CameraUse {
  cameraId: string;
  count: number;
  bytes: number;
  oldestMs: number;
}

/** An alarm, as far as its pictures depend on it. */
export interface AlarmMoment {
  id: string;
  /** Path; null: Perch itself. */
  machine: string | null;
  raised_ms: number;
}

/** The table `camera_images`. */
export interface ImageStore {
  /** Newest first; the cursor is a time. */
  list(cameraId: string, query: ImageQuery): Promise<PageOf<CameraImageRow>>;
  find(cameraId: string, tMs: number): Promise<CameraImageRow | null>;
  /** Kept for this alarm, and for others of its machine at that moment; oldest first. */
  ofAlarm(alarm: AlarmMoment): Promise<CameraImageRow[]>;
  /** Those of one camera in the order of time. */
  between(cameraId: string, fromMs: number, toMs: number): Promise<CameraImageRow[]>;
  /** The oldest, of one camera or of all. */
  oldest(
    which: { cameraId?: string; beforeMs?: number; most: number },
  ): Promise<CameraImageRow[]>;
  /** When the newest was taken that was kept by time; null: there is none. */
  newestByInterval(cameraId: string): Promise<number | null>;
  /** Days, by their beginning in UTC, of which there are some. */
  days(cameraId: string): Promise<number[]>;
  use(): Promise<CameraUse[]>;
  insert(image: NewImage): SqlStatement;
  /** One that is kept for another reason already is that of the alarm, too. */
  link(id: number, alarmId: string): SqlStatement;
  remove(ids: readonly number[]): SqlStatement;
  removeAll(cameraId: string): SqlStatement;
}

/** Alarms of a machine that are raised within this time share their pictures (`alarm_pictures.ts`). */
const SAME_MOMENT_MS = 12_000;
/** A page of an alarm shows no more. */
const ALARM_MOST = 100;

export function createImageStore(db: Database): ImageStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(cameraImages);
  return {
    async list(cameraId, { reason, fromMs, toMs, ...page }) {
      // The time names a picture of a camera, so it is what the list goes by.
      const rows = orm.select({
        id: cameraImages.tMs,
        rowId: sql<number>`${cameraImages.id}`.as("row_id"),
        cameraId: cameraImages.cameraId,
        tMs: cameraImages.tMs,
        file: cameraImages.file,
        bytes: cameraImages.bytes,
        width: cameraImages.width,
        height: cameraImages.height,
        reason: cameraImages.reason,
        alarmId: cameraImages.alarmId,
      }).from(cameraImages);
      const { items, next } = await listPage(rows, cameraImages.tMs, [
        eq(cameraImages.cameraId, cameraId),
        reason && eq(cameraImages.reason, reason),
        fromMs === undefined ? undefined : gte(cameraImages.tMs, fromMs),
        toMs === undefined ? undefined : lt(cameraImages.tMs, toMs),
      ], page);
      return { items: items.map(({ rowId, ...row }) => ({ ...row, id: rowId })), next };
    },
    async find(cameraId, tMs) {
      const [found] = await all()
        .where(and(eq(cameraImages.cameraId, cameraId), eq(cameraImages.tMs, tMs))).limit(1);
      return found ?? null;
    },
    ofAlarm({ id, machine, raised_ms }) {
      const others = orm.select({ id: sql<string>`cast(${alarms.id} as text)` }).from(alarms)
        .where(and(
          eq(alarms.machine, machine ?? ""),
          gte(alarms.raisedMs, raised_ms - SAME_MOMENT_MS),
          lte(alarms.raisedMs, raised_ms + SAME_MOMENT_MS),
        ));
      return all().where(or(eq(cameraImages.alarmId, id), inArray(cameraImages.alarmId, others)))
        .orderBy(asc(cameraImages.tMs)).limit(ALARM_MOST);
    },
    between: (cameraId, fromMs, toMs) =>
      all().where(and(
        eq(cameraImages.cameraId, cameraId),
        gte(cameraImages.tMs, fromMs),
        lt(cameraImages.tMs, toMs),
      )).orderBy(asc(cameraImages.tMs)),
    oldest: ({ cameraId, beforeMs, most }) =>
      all().where(and(
        cameraId === undefined ? undefined : eq(cameraImages.cameraId, cameraId),
        beforeMs === undefined ? undefined : lt(cameraImages.tMs, beforeMs),
      )).orderBy(asc(cameraImages.tMs)).limit(most),
    async newestByInterval(cameraId) {
      const [newest] = await orm.select({ tMs: cameraImages.tMs }).from(cameraImages)
        .where(and(eq(cameraImages.cameraId, cameraId), eq(cameraImages.reason, "interval")))
        .orderBy(desc(cameraImages.tMs)).limit(1);
      return newest?.tMs ?? null;
    },
    async days(cameraId) {
      const day = sql<number>`${cameraImages.tMs} / 86400000`;
      const rows = await orm.selectDistinct({ day }).from(cameraImages)
        .where(eq(cameraImages.cameraId, cameraId));
      return rows.map((row) => row.day * DAY_MS);
    },
    use: () =>
      orm.select({
        cameraId: cameraImages.cameraId,
        count: sql<number>`count(*)`,
        bytes: sql<number>`sum(${cameraImages.bytes})`,
        oldestMs: sql<number>`${min(cameraImages.tMs)}`,
      }).from(cameraImages).groupBy(cameraImages.cameraId),
    insert: (image) =>
      statementOf(build.insert(cameraImages).values(image).returning({ id: cameraImages.id })),
    link: (id, alarmId) =>
      statementOf(
        build.update(cameraImages).set({ alarmId, reason: "alarm" }).where(eq(cameraImages.id, id)),
      ),
    remove: (ids) =>
      statementOf(build.delete(cameraImages).where(inArray(cameraImages.id, [...ids]))),
    removeAll: (cameraId) =>
      statementOf(build.delete(cameraImages).where(eq(cameraImages.cameraId, cameraId))),
  };
}
