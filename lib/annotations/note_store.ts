import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  build,
  createOrm,
  eq,
  gte,
  inArray,
  isNull,
  lt,
  or,
  type SQL,
  sql,
  statementOf,
} from "../db/orm.ts";
import { type ChartNoteRow, chartNotes } from "../db/schema/pages.ts";

export interface NoteQuery extends PageQuery {
  /** Ids of sensors: their own notes. */
  sensors?: readonly string[];
  /** Ids of machines: their notes, without those of single sensors. */
  machines?: readonly string[];
  /** Those of the whole site, too. */
  site?: boolean;
  fromMs?: number;
  /** Exclusive. */
  toMs?: number;
}

/** The table `chart_notes`. */
export interface NoteStore {
  /** Newest first. */
  list(query: NoteQuery): Promise<PageOf<ChartNoteRow>>;
  /** How many there are at exactly this place. */
  countAt(place: Pick<ChartNoteRow, "machineId" | "sensorId">): Promise<number>;
  find(id: number): Promise<ChartNoteRow | null>;
  /** Gives its id. */
  insert(row: Omit<ChartNoteRow, "id">): SqlStatement;
  update(id: number, change: Partial<ChartNoteRow>): SqlStatement;
  remove(id: number): SqlStatement;
}

export function createNoteStore(db: Database): NoteStore {
  const orm = createOrm(db);
  return {
    list: (query) => listPage(orm.select().from(chartNotes), chartNotes.id, wantedBy(query), query),
    countAt: ({ machineId, sensorId }) =>
      orm.$count(
        chartNotes,
        sensorId !== null ? eq(chartNotes.sensorId, sensorId) : and(
          isNull(chartNotes.sensorId),
          machineId === null ? isNull(chartNotes.machineId) : eq(chartNotes.machineId, machineId),
        ),
      ),
    async find(id) {
      const [found] = await orm.select().from(chartNotes).where(eq(chartNotes.id, id));
      return found ?? null;
    },
    insert: (row) =>
      statementOf(build.insert(chartNotes).values(row).returning({ id: chartNotes.id })),
    update: (id, change) =>
      statementOf(build.update(chartNotes).set(change).where(eq(chartNotes.id, id))),
    remove: (id) => statementOf(build.delete(chartNotes).where(eq(chartNotes.id, id))),
  };
}

/** Goes with a sensor that is removed for good. */
export function deleteNotesOf(sensorId: string): SqlStatement {
  return statementOf(build.delete(chartNotes).where(eq(chartNotes.sensorId, sensorId)));
}

/** Goes with a machine that is removed for good: its own notes, and those of sensors that were its. */
export function deleteNotesOfMachine(machineId: string): SqlStatement {
  return statementOf(build.delete(chartNotes).where(eq(chartNotes.machineId, machineId)));
}

function wantedBy(query: NoteQuery): (SQL | undefined)[] {
  const { sensors, machines, site, fromMs, toMs } = query;
  const places = sensors === undefined && machines === undefined && site === undefined
    ? undefined
    : or(
      sensors?.length ? inArray(chartNotes.sensorId, sensors) : undefined,
      machines?.length
        ? and(inArray(chartNotes.machineId, machines), isNull(chartNotes.sensorId))
        : undefined,
      site ? isNull(chartNotes.machineId) : undefined,
    ) ?? sql`0`;
  return [
    places,
    toMs === undefined ? undefined : lt(chartNotes.atMs, toMs),
    fromMs === undefined
      ? undefined
      : gte(sql`coalesce(${chartNotes.untilMs}, ${chartNotes.atMs})`, fromMs),
  ];
}
