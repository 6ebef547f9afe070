import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import {
  and,
  asc,
  build,
  count,
  createOrm,
  eq,
  isNull,
  lte,
  onFirstUse,
  sql,
  statementOf,
} from "../db/orm.ts";
import { deliveries } from "../db/schema/notify.ts";
import { SEVERITIES, type Severity } from "../words/severity.ts";
import { type Delivery, DIGEST } from "./delivery.ts";
import { IS_OPEN } from "./sending_store.ts";

/** Digests: deliveries that hold others. */
export interface DigestStore {
  /** Turns what was collected for a channel, and is due, into one digest per place. */
  close(channel: string, nowMs: number): Promise<number>;
  /** Sentences of what a digest holds, oldest first, and how many there are. */
  of(id: number, limit: number): Promise<{ items: Delivery[]; total: number }>;
}

const UID_LENGTH = 24;
const RANKS = SEVERITIES.map((severity, rank) => `when '${severity}' then ${rank}`).join(" ");
const worst = sql<number>`max(case ${deliveries.severity} ${sql.raw(RANKS)} end)`;

export function createDigestStore(db: Database): DigestStore {
  const orm = createOrm(db);
  const findDue = onFirstUse(() =>
    orm.select({ target: deliveries.target, n: count(), worst }).from(deliveries)
      .where(isDue(sql.placeholder("channel"), sql.placeholder("nowMs")))
      .groupBy(deliveries.target).prepare()
  );
  return {
    async close(channel, nowMs) {
      const targets = await findDue().all({ channel, nowMs });
      for (const { target, n, worst } of targets) {
        await db.write(digestStatements(channel, target, n, SEVERITIES[worst], nowMs));
      }
      return targets.length;
    },
    async of(id, limit) {
      const inIt = eq(deliveries.digestId, id);
      const items = await orm.select().from(deliveries).where(inIt)
        .orderBy(asc(deliveries.id)).limit(limit);
      return { items, total: await orm.$count(deliveries, inIt) };
    },
  };
}

type Given<T> = T | ReturnType<typeof sql.placeholder>;

/** Was collected for a channel, and its time has come. */
function isDue(channel: Given<string>, nowMs: Given<number>) {
  return and(
    eq(deliveries.channelId, channel),
    lte(deliveries.nextMs, nowMs),
    IS_OPEN,
    eq(deliveries.state, "digest"),
    isNull(deliveries.digestId),
  );
}

function digestStatements(
  channelId: string,
  target: string,
  members: number,
  severity: Severity,
  nowMs: number,
): SqlStatement[] {
  return [
    statementOf(
      build.insert(deliveries).values({
        uid: randomId(UID_LENGTH),
        eventType: DIGEST,
        subject: DIGEST,
        severity,
        text: members === 1 ? "One message in a digest" : `${members} messages in a digest`,
        channelId,
        target,
        state: "waiting",
        why: "collected",
        tries: 0,
        nextMs: nowMs,
        createdMs: nowMs,
      }),
    ),
    statementOf(
      build.update(deliveries).set({ digestId: sql`last_insert_rowid()` })
        .where(and(isDue(channelId, nowMs), eq(deliveries.target, target))),
    ),
  ];
}
