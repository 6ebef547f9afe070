import type { Database } from "../db/client.ts";
import { and, asc, count, createOrm, eq, gt, gte, lt, or, sql } from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import type { LoggedEvent } from "./event.ts";
import { eventOf, LOGGED } from "./row_store.ts";

/** A stretch of time, epoch ms; `toMs` is exclusive. */
export interface Period {
  fromMs: number;
  toMs: number;
}

/** How many events of a type began in a bucket. */
export interface BucketCount {
  fromMs: number;
  type: string;
  n: number;
}

/** The log by the time at which things happened. */
export interface EventsBetween {
  /** In pages, the earliest first. */
  pages(period: Period): AsyncGenerator<LoggedEvent[]>;
  /** By buckets of `bucketMs`, counted from the epoch on. */
  counts(period: Period, bucketMs: number): Promise<BucketCount[]>;
}

const PAGE = 200;

export function createEventsBetween(db: Pick<Database, "query">): EventsBetween {
  const orm = createOrm(db);
  const within = ({ fromMs, toMs }: Period) => and(gte(events.tMs, fromMs), lt(events.tMs, toMs));
  return {
    async *pages(period) {
      let last: LoggedEvent | undefined;
      for (;;) {
        const after = last &&
          or(gt(events.tMs, last.tMs), and(eq(events.tMs, last.tMs), gt(events.id, last.id)));
        const from = last === undefined ? period : { ...period, fromMs: last.tMs };
        const rows = await orm.select(LOGGED).from(events).where(and(within(from), after))
          .orderBy(asc(events.tMs), asc(events.id)).limit(PAGE);
        const page = rows.map(eventOf);
        if (page.length > 0) yield page;
        if (page.length < PAGE) return;
        last = page.at(-1);
      }
    },
    async counts(period, bucketMs) {
      const bucket = sql<number>`${events.tMs} / ${sql.raw(String(Math.trunc(bucketMs)))}`;
      const rows = await orm.select({ bucket, type: events.type, n: count() }).from(events)
        .where(within(period)).groupBy(bucket, events.type).orderBy(bucket, events.type);
      return rows.map(({ bucket, type, n }) => ({ fromMs: Number(bucket) * bucketMs, type, n }));
    },
  };
}
