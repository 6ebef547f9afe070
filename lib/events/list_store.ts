import type { Database } from "../db/client.ts";
import { idOfCursor, type PageOf } from "../db/list.ts";
import { and, createOrm, desc, eq, gt, gte, inArray, lt, type SQL } from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import type { LoggedEvent } from "./event.ts";
import type { EventQuery } from "./query.ts";
import { eventOf, LOGGED } from "./row_store.ts";
import { createEventSearch } from "./search_store.ts";
import { askedOf, type AskedTerms, fits, nearWords, termsOf } from "./terms.ts";

const PAGE = 50;
/** Events that are read together when the index does not have them. */
const READ_AT_ONCE = 250;
/** Words of so many events are forgiven a letter. */
const FORGIVEN_IN = 2_500;

/** Pages of the log, newest first: those of one subject are read one by one, all else is asked of the search index. */
export function createEventList(db: Database): (query: EventQuery) => Promise<PageOf<LoggedEvent>> {
  const orm = createOrm(db);
  const search = createEventSearch(db);
  const all = () => orm.select(LOGGED).from(events);

  /** Reads them one after the other and keeps those that fit. */
  async function readThrough(
    wanted: readonly (SQL | undefined)[],
    asked: AskedTerms,
    { beforeId, limit }: { beforeId: number; limit: number },
  ): Promise<LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    for (let before = beforeId; found.length < limit;) {
      const rows = await all().where(and(...wanted, lt(events.id, before)))
        .orderBy(desc(events.id)).limit(READ_AT_ONCE);
      found.push(...rows.map(eventOf).filter((event) => fits(termsOf(event), asked)));
      if (rows.length < READ_AT_ONCE) break;
      before = rows.at(-1)!.id;
    }
    return found.slice(0, limit);
  }

  async function searchAll(
    query: EventQuery,
    asked: AskedTerms,
    { beforeId, limit }: { beforeId: number; limit: number },
  ): Promise<LoggedEvent[]> {
    const indexedTo = await search.indexedTo();
    const isNewer = gt(events.id, indexedTo);
    const newer = await readThrough([...inPeriod(query), isNewer], asked, { beforeId, limit });
    if (newer.length === limit) return newer;
    const { fromMs, toMs } = query;
    const ids = await search.ids(asked, {
      fromMs,
      toMs,
      beforeId: Math.min(beforeId, indexedTo + 1),
      limit: limit - newer.length,
    });
    if (ids.length === 0) return newer;
    const rows = await all().where(inArray(events.id, ids)).orderBy(desc(events.id));
    return [...newer, ...rows.map(eventOf)];
  }

  /** What the newest events of the period say: where nothing fits, words of it are forgiven a letter. */
  async function newestTerms(query: EventQuery): Promise<Set<string>> {
    const terms = new Set<string>();
    let before = Number.MAX_SAFE_INTEGER;
    for (let read = 0; read < FORGIVEN_IN; read += READ_AT_ONCE) {
      const rows = await all().where(and(...inPeriod(query), lt(events.id, before)))
        .orderBy(desc(events.id)).limit(READ_AT_ONCE);
      for (const row of rows) for (const term of termsOf(eventOf(row))) terms.add(term);
      if (rows.length < READ_AT_ONCE) break;
      before = rows.at(-1)!.id;
    }
    return terms;
  }

  return async (query) => {
    const { subject, cursor, limit = PAGE } = query;
    const beforeId = cursor === undefined ? Number.MAX_SAFE_INTEGER : idOfCursor(cursor);
    const asked = askedOf(query);
    if (asked === null) return { items: [], next: null };
    const some = { beforeId, limit: limit + 1 };
    const ask = (terms: AskedTerms, range: typeof some) =>
      subject === undefined
        ? searchAll(query, terms, range)
        : readThrough([...inPeriod(query), eq(events.subject, subject)], terms, range);
    let found = await ask(asked, some);
    const first = { beforeId: Number.MAX_SAFE_INTEGER, limit: 1 };
    if (
      found.length === 0 && query.search !== undefined &&
      (cursor === undefined || (await ask(asked, first)).length === 0)
    ) {
      const forgiving = askedOf(query, nearWords(query.search, await newestTerms(query)));
      if (forgiving !== null) found = await ask(forgiving, some);
    }
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? `${items.at(-1)!.id}` : null };
  };
}

function inPeriod({ fromMs, toMs }: EventQuery): (SQL | undefined)[] {
  return [
    fromMs === undefined ? undefined : gte(events.tMs, fromMs),
    toMs === undefined ? undefined : lt(events.tMs, toMs),
  ];
}
