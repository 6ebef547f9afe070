import { messageOf, PerchError } from "../../../base/errors.ts";
import type { ImportSeries, ImportSource, Inspection, Segment } from "../format.ts";
import { LOOKED_AT, previewOf, type Readable } from "../inspecting.ts";
import { createSegment, quoted, type SegmentBuilder } from "../segment.ts";
import { createTimeReader, type Time, timeOfMs } from "../times.ts";
import {
  type HaDatabase,
  openHaDatabase,
  type StateRow,
  type StatisticRow,
} from "./ha_sqlite_store.ts";
import { addState } from "./ha_states.ts";
import { addStatistic } from "./ha_statistics.ts";

const MAGIC = "SQLite format 3\u0000";
/** Of a segment: each sensor of it is stored in a transaction of its own. */
const ROWS = 100_000;
const TABLES_SHOWN = 5;
const ENTITIES_MOST = 1_000;
/** States first: an hour that has readings keeps them. */
const PHASES = ["states", "statistics"] as const;
type Phase = typeof PHASES[number];

/** `home-assistant_v2.db`: states as readings, hourly statistics as hours. */
export const haSqlite: Readable = {
  id: "ha-sqlite",
  title: "Home Assistant, database (SQLite)",

  detect(head) {
    const text = new TextDecoder("latin1").decode(head);
    if (!text.startsWith(MAGIC)) return 0;
    return /statistics_meta|states_meta|schema_changes|recorder_runs/.test(text) ? 1 : 0.6;
  },

  async inspect(source, options): Promise<Inspection> {
    using db = await openChecked(source);
    const first = PHASES.map((phase) => segmentOf(db, phase, 0, LOOKED_AT));
    const notes = [
      "States become readings, hourly statistics become hours of the years before them.",
    ];
    if (db.version !== null) notes.push(`The database has Home Assistant's schema ${db.version}.`);
    if (db.tables.has("statistics_short_term")) {
      notes.push("Its means of 5 minutes are left out: the hours hold the same.");
    }
    if (await isWriteAhead(source.path)) {
      notes.push(
        "A database that Home Assistant has open lags behind by what it has not written into it yet.",
      );
    }
    const { rows, series } = previewOf(first);
    return { rows, series: allSeries(series, samplesOf(db)), options, questions: [], notes };
  },

  async *read(source, _options, cursor, signal, most?: number) {
    using db = await openChecked(source);
    const [begun, id] = placeOfRow(cursor);
    for (const phase of PHASES.slice(PHASES.indexOf(begun))) {
      let after = phase === begun ? id : 0;
      const last = db.last(phase);
      while (after < last) {
        signal.throwIfAborted();
        const segment = segmentOf(db, phase, after, most);
        if (segment.read === 0) break;
        after = placeOfRow(segment.next)[1];
        yield segment;
        // Lets others have the thread: each read of SQLite holds it.
        await Promise.resolve();
      }
    }
  },
};

function placeOfRow(cursor: string | null): [Phase, number] {
  if (cursor === null) return ["states", 0];
  const [, phase, id] = /^(states|statistics):(\d{1,16})$/.exec(cursor) ?? [];
  if (id !== undefined) return [phase as Phase, Number(id)];
  throw new PerchError("validation", `${quoted(cursor)} is no place in this database`);
}

/** All entities, not those of the first rows alone: a person chooses among them. */
function samplesOf(db: HaDatabase): ImportSeries[] {
  const segment = createSegment();
  readable(() => {
    for (const row of db.samples(ENTITIES_MOST)) addRow(segment, db, "states", row, row.id);
  });
  return previewOf([segment.finish("", 0)]).series;
}

function allSeries(first: ImportSeries[], others: ImportSeries[]): ImportSeries[] {
  const known = new Set(first.map(({ key }) => key));
  return [...first, ...others.filter(({ key }) => !known.has(key))];
}

function segmentOf(db: HaDatabase, phase: Phase, after: number, most = ROWS): Segment {
  const segment = createSegment();
  let id = after;
  readable(() => {
    const rows = phase === "states" ? db.states(after, most) : db.statistics(after, most);
    for (const row of rows) addRow(segment, db, phase, row, id = row.id);
  });
  return segment.finish(`${phase}:${id}`, shareOf(db, phase, id));
}

/** Does what reads the database. @throws PerchError `validation` that says what to do */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): PerchError {
  return new PerchError(
    "validation",
    `the database cannot be read (${messageOf(error)}): it is damaged, or was copied while Home ` +
      `Assistant wrote it; make a whole copy with: sqlite3 home-assistant_v2.db ".backup copy.db"`,
    { cause: error },
  );
}

function addRow(
  segment: SegmentBuilder,
  { units }: HaDatabase,
  phase: Phase,
  row: StateRow | StatisticRow,
  id: number,
): void {
  segment.read++;
  const { entity } = row;
  const tMs = timeOfRow(row);
  if (entity === null) segment.reject(id, "the row names no entity");
  else if (typeof tMs === "string") segment.reject(id, tMs);
  else if (phase === "states") {
    const { state, unit } = row as StateRow;
    const own = unit ?? units.get(entity) ?? null;
    addState(segment, entity, state ?? "", tMs, own);
  } else {
    const hour = row as StatisticRow;
    const fault = addStatistic(segment, { ...hour, entity, tMs, unit: hour.unit });
    if (fault !== null) segment.reject(id, fault);
  }
}

const clock = createTimeReader({});

/** Seconds are kept as floating point: to the microsecond, so that 0.4 s do not become 399 ms. */
function timeOfRow({ ts, text }: StateRow | StatisticRow): Time {
  if (typeof ts === "number") return timeOfMs(Math.floor(Math.round(ts * 1e6) / 1e3));
  return typeof text === "string"
    ? clock.read(`${text.replace(/(Z|\+00:00)?$/, "")}Z`, "")
    : "there is no time";
}

function shareOf(db: HaDatabase, phase: Phase, id: number): number {
  const [states, statistics] = [db.last("states"), db.last("statistics")];
  const done = phase === "states" ? id : states + id;
  return Math.min(1, done / Math.max(1, states + statistics));
}

/** @throws PerchError `validation` when it is not Home Assistant's, or more than a file that lies still */
async function openChecked(source: ImportSource): Promise<HaDatabase> {
  const start = await beginning(source.path);
  if (!start.startsWith(MAGIC)) {
    throw new PerchError(
      "validation",
      `"${source.name}" is no SQLite database as it stands` +
        (start.startsWith("\u001f\u008b") ? ": unpack it first" : ""),
    );
  }
  for (const beside of ["-wal", "-journal"]) {
    const bytes = await Deno.stat(source.path + beside).then(({ size }) => size, () => 0);
    if (bytes === 0) continue;
    throw new PerchError(
      "conflict",
      `"${source.name}" is in use: what was written last lies in "${source.name}${beside}" beside it. ` +
        "Stop Home Assistant and import a copy, or make one while it runs: " +
        `sqlite3 ${source.name} ".backup copy.db"`,
    );
  }
  const db = await openHaDatabase(source.path).catch((error) => {
    throw unreadable(error);
  });
  const { tables } = db;
  const isOurs = (tables.has("states") || tables.has("statistics")) &&
    ["states_meta", "statistics_meta", "schema_changes", "recorder_runs"].some((one) =>
      tables.has(one)
    );
  if (isOurs) return db;
  db[Symbol.dispose]();
  const names = [...tables].slice(0, TABLES_SHOWN).map(quoted).join(", ");
  throw new PerchError(
    "validation",
    `"${source.name}" is a SQLite database, but not Home Assistant's: ` +
      (names === ""
        ? "it has no tables"
        : `its tables are ${names}${tables.size > TABLES_SHOWN ? "…" : ""}`),
  );
}

async function beginning(path: string): Promise<string> {
  using file = await Deno.open(path);
  const start = new Uint8Array(20);
  const bytes = await file.read(start) ?? 0;
  return new TextDecoder("latin1").decode(start.subarray(0, bytes));
}

/** Whether the header says that changes go to a file beside it first. */
async function isWriteAhead(path: string): Promise<boolean> {
  return (await beginning(path)).charCodeAt(18) === 2;
}
