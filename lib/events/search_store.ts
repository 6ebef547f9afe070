/**
 * DESIGN. The log is searched by an FTS5 index that holds terms only (`terms.ts`): words, and every property that a
 * list is filtered by, so that any filters together are one question, answered newest first. It is behind the log:
 * many events go into it together, in one transaction, which costs the card a tenth of writing it with each event,
 * and nothing in the append. What it does not have yet is read and judged here, by the same terms; so is everything
 * while an older log goes into it for the first time. Events are deleted without telling it: what it finds is looked
 * up in the log, and when most of it is of events that are gone, it begins anew.
 */
import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import { asc, count, createOrm, gt } from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import { type AskedTerms, matchOf, termsOf } from "./terms.ts";
import type { EventDraft } from "./event.ts";

/** Events that go into the index together. */
export const INDEXED_AT_ONCE = 250;
/** The index may have so many more than the log before it begins anew. */
const GONE_MOST = 20_000;

/** Times are looked up one by one when at most so many of them, and some more, are looked up for one that fits. */
const DENSE = 4;
const LOOKED_UP_MOST = 1_000;

/** What is searched beside the terms. */
export interface SearchRange {
  /** Older than this one. */
  beforeId: number;
  fromMs?: number;
  toMs?: number;
  /** Ids at most. */
  limit: number;
}

/** The search index of the event log. */
export interface EventSearch {
  /** Ids of those that fit and are in the index, newest first. */
  ids(asked: AskedTerms, range: SearchRange): Promise<number[]>;
  /** The newest event in the index; 0: it is empty. */
  indexedTo(): Promise<number>;
  /** About how many events are not in it yet. */
  waiting(): Promise<number>;
  /** Puts the next events into it; gives how many. */
  index(): Promise<number>;
  /** Begins anew when most of it is of events that are gone. Says whether it did. */
  renew(): Promise<boolean>;
}

export function createEventSearch(db: Database): EventSearch {
  const orm = createOrm(db);
  // By hand, all of them: drizzle knows no FTS5.
  const one = async (sql: string) => Number((await db.query({ sql, one: true })).rows[0]?.[0] ?? 0);
  const indexedTo = () => one("select rowid from event_words order by rowid desc limit 1");
  return {
    indexedTo,
    async ids(asked, range) {
      const period = await boundsOf(db, range);
      if (period === null) return [];
      const { rows } = await db.query(questionOf(asked, range, period));
      return rows.map(([id]) => Number(id));
    },
    waiting: () =>
      one(
        "select (select coalesce(max(id), 0) from events) - " +
          "coalesce((select rowid from event_words order by rowid desc limit 1), 0)",
      ),
    async index() {
      const rows = await orm.select().from(events).where(gt(events.id, await indexedTo()))
        .orderBy(asc(events.id)).limit(INDEXED_AT_ONCE);
      if (rows.length === 0) return 0;
      const terms = rows.map((row) => {
        const event = { ...row, body: JSON.parse(row.body) } as EventDraft;
        return [row.id, termsOf(event).join(" ")];
      });
      await db.write([{
        sql: "insert into event_words (rowid, words) " +
          "select value ->> 0, value ->> 1 from json_each(?)",
        args: [JSON.stringify(terms)],
      }]);
      return rows.length;
    },
    async renew() {
      const [{ live }] = await orm.select({ live: count() }).from(events);
      const indexed = await one("select count(*) from event_words");
      if (indexed <= 2 * live + GONE_MOST) return false;
      await db.write([{ sql: "insert into event_words (event_words) values ('delete-all')" }]);
      return true;
    },
  };
}

/** In the narrow index of times: to look the time of each event up in the log would take ten times as long. */
const IN_PERIOD = "from events indexed by events_by_time where t_ms >= ? and t_ms < ?";

/** Where the events of a period stand in the log. */
interface Bounds {
  first: number;
  last: number;
  /** Nearly all between the two are of the period: what happened first was written first, but for clocks that were set. */
  dense: boolean;
}

const whole = ({ fromMs, toMs }: SearchRange) => fromMs === undefined && toMs === undefined;
const timesOf = ({ fromMs, toMs }: SearchRange) => [fromMs ?? 0, toMs ?? Number.MAX_SAFE_INTEGER];

/** Null: nothing happened in it. */
async function boundsOf(db: Pick<Database, "query">, range: SearchRange): Promise<Bounds | null> {
  if (whole(range)) return { first: 0, last: Number.MAX_SAFE_INTEGER, dense: true };
  const sql = `select count(*), min(id), max(id) ${IN_PERIOD}`;
  const [n, first, last] = (await db.query({ sql, args: timesOf(range) })).rows[0].map(Number);
  return n === 0 ? null : { first, last, dense: last - first < DENSE * n + LOOKED_UP_MOST };
}

/** One question to the index or, where no term is asked for, to the log itself. */
function questionOf(asked: AskedTerms, range: SearchRange, period: Bounds): SqlStatement {
  const { wanted, unwanted } = matchOf(asked);
  const [from, id] = wanted === ""
    ? ["events e", "e.id"]
    : ["event_words w cross join events e on e.id = w.rowid", "w.rowid"];
  const beforeId = Math.min(range.beforeId, period.last + 1);
  const conditions: [string, ...SqlValue[]][] = [
    [`${id} < ?`, beforeId],
    [`${id} >= ?`, period.first],
  ];
  if (wanted !== "") conditions.push(["w.event_words match ?", wanted]);
  if (unwanted !== "") {
    const out = "(select rowid from event_words where event_words match ?)";
    conditions.push([`${id} not in ${out}`, unwanted]);
  }
  if (!whole(range)) {
    // `+`: to FTS5 it would be a search for each of them.
    const within = period.dense
      ? "e.t_ms >= ? and e.t_ms < ?"
      : `+${id} in (select id ${IN_PERIOD})`;
    conditions.push([within, ...timesOf(range)]);
  }
  return {
    sql: `select ${id} from ${from} where ${conditions.map(([sql]) => sql).join(" and ")} ` +
      `order by ${id} desc limit ?`,
    args: [...conditions.flatMap(([, ...values]) => values), range.limit],
  };
}
