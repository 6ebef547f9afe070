import type { Database } from "../db/client.ts";
import { idOfCursor, type PageOf } from "../db/list.ts";
import { and, createOrm, desc, eq, gt, gte, inArray, lt, type SQL } from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import type { LoggedEvent } from "./event.ts";
import type { EventQuery } from "./query.ts";
import { eventOf, LOGGED } from "./row_store.ts";
import { createEventSearch } from "./search_store.ts";
import { askedOf, type AskedTerms, fits, termsOf } from "./terms.ts";

const PAGE = 50;
/** Events that are read together when the index does not have them. */
const READ_AT_ONCE = 250;

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

  return async (query) => {
    const { subject, cursor, limit = PAGE } = query;
    const beforeId = cursor === undefined ? Number.MAX_SAFE_INTEGER : idOfCursor(cursor);
    const asked = askedOf(query);
    if (asked === null) return { items: [], next: null };
    const some = { beforeId, limit: limit + 1 };
    const found = subject === undefined
      ? await searchAll(query, asked, some)
      : await readThrough([...inPeriod(query), eq(events.subject, subject)], asked, some);
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
