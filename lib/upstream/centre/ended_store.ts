import { z } from "zod";
import type { Database } from "../../db/client.ts";
import { and, asc, createOrm, eq, gt, literally, onFirstUse, sql } from "../../db/orm.ts";
import { events } from "../../db/schema/events.ts";
import { type EndedAlarm, endedAlarmShape } from "../wire.ts";

/** What the event log says of an alarm that is over at a site. */
export interface EndedAtSite {
  /** Of the event. */
  id: number;
  /** Null: the event does not tell which it was. */
  ended: { site: string; alarm: EndedAlarm } | null;
}

/** Type of the event here that says that an alarm of a site is over. */
const TYPE = "external.alarm_resolved";
/** Only what a site forwarded has such a subject (`take.ts`), whatever other programs report. */
const SUBJECT = "site:";

const bodyShape = z.object({ site: z.string(), ended: endedAlarmShape });

/** Reads them from the event log, in which each stands once. */
export function createEndedAtSites(
  db: Database,
): { after(id: number, limit: number): Promise<EndedAtSite[]> } {
  const orm = createOrm(db);
  const find = onFirstUse(() =>
    orm.select({ id: events.id, subject: events.subject, body: events.body }).from(events)
      .where(and(literally(eq(events.type, TYPE)), gt(events.id, sql.placeholder("id"))))
      .orderBy(asc(events.id)).limit(sql.placeholder("limit")).prepare()
  );
  return {
    async after(id, limit) {
      return (await find().all({ id, limit })).map(({ id, subject, body }) => {
        const read = bodyShape.safeParse(JSON.parse(body));
        if (!subject.startsWith(SUBJECT) || !read.success) return { id, ended: null };
        return { id, ended: { site: read.data.site, alarm: read.data.ended } };
      });
    },
  };
}
