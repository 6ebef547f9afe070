import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
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
  ne,
  notInArray,
  onFirstUse,
  or,
  placeholders,
  prepared,
  type SQL,
  sql,
  statementOf,
} from "../db/orm.ts";
import { deliveries, deliveryTries, routings } from "../db/schema/notify.ts";
import type { LoggedEvent } from "../events/event.ts";
import { type Delivery, type DeliveryState, type DeliveryTry } from "./delivery.ts";
import { type OutboxStatistics, outboxStatistics } from "./outbox_statistics_store.ts";
import { createSendingStore, IN_NO_DIGEST, IS_OPEN, type SendingStore } from "./sending_store.ts";
import { type Decision, placeOf, type Planned } from "./routed.ts";

export interface DeliveryQuery extends PageQuery {
  states?: readonly DeliveryState[];
  channel?: string;
  /** Id of an event. */
  event?: number;
  /** `alarm:<id>`, `ticket:<id>`, … */
  subject?: string;
  /** Members of this digest. Without it and without `event` and `subject`, members are left out. */
  digest?: number;
  fromMs?: number;
}

/** What every rule decided about an event. */
export interface StoredRouting {
  event: number;
  tMs: number;
  decisions: Decision[];
}

/** Statements and reads of deliveries, their tries, and routings. */
export interface OutboxStore extends SendingStore, OutboxStatistics {
  add(event: LoggedEvent, plan: Planned, nowMs: number): SqlStatement;
  routing(event: LoggedEvent, nowMs: number, decisions: readonly Decision[]): SqlStatement;
  find(id: number): Promise<Delivery | null>;
  list(query: DeliveryQuery): Promise<PageOf<Delivery>>;
  tries(id: number): Promise<DeliveryTry[]>;
  /** To be tried again, as new: dead letters and cancelled ones. */
  revive(ids: readonly number[], nowMs: number): SqlStatement[];
  cancel(id: number, nowMs: number): SqlStatement[];
  /** Ids of dead letters, oldest first. */
  deadLetters(channel: string | undefined, limit: number): Promise<number[]>;
  /** Where each subject was sent, as `placeOf`. */
  notifiedPlaces(subjects: readonly string[]): Promise<Map<string, Set<string>>>;
  routings(subject: string, limit: number): Promise<StoredRouting[]>;
  /** Deletes what was finished before a time, a part of it; gives how many deliveries went. */
  forget(beforeMs: number, limit: number): Promise<number>;
}

const NOT_NEWS = ["alarm.resolved", "alarm.cleared", "alarm.commented"];
const MAY_BE_REVIVED = inArray(deliveries.state, ["failed", "cancelled"]);

const { id: _, ...GIVEN } = placeholders(deliveries);
const insert = prepared<Omit<typeof deliveries.$inferSelect, "id">>(
  build.insert(deliveries).values(GIVEN)
    .onConflictDoNothing({ target: [deliveries.eventId, deliveries.channelId, deliveries.target] }),
);
const insertRouting = prepared<typeof routings.$inferSelect>(
  build.insert(routings).values(placeholders(routings))
    .onConflictDoNothing({ target: routings.eventId }),
);

export function createOutboxStore(db: Database): OutboxStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(deliveries);
  const findNotified = onFirstUse(() =>
    orm.selectDistinct({ channel: deliveries.channelId, target: deliveries.target })
      .from(deliveries)
      .where(and(
        eq(deliveries.subject, sql.placeholder("subject")),
        notInArray(deliveries.eventType, NOT_NEWS),
        ne(deliveries.state, "cancelled"),
      )).prepare()
  );

  return {
    add: addStatement,
    routing: (event, nowMs, decisions) =>
      insertRouting({ eventId: event.id, subject: event.subject, tMs: nowMs, decisions }),
    find: async (id) => await all().where(eq(deliveries.id, id)).get() ?? null,
    list: (query) => listPage(all(), deliveries.id, wantedBy(query), query),
    tries: (id) =>
      orm.select(TRY).from(deliveryTries).where(eq(deliveryTries.deliveryId, id))
        .orderBy(asc(deliveryTries.n)),
    revive: (ids, nowMs) =>
      ids.flatMap((id) => [
        statementOf(
          build.update(deliveries)
            .set({ state: "waiting", tries: 0, nextMs: nowMs, doneMs: null })
            .where(and(eq(deliveries.id, id), IN_NO_DIGEST, MAY_BE_REVIVED)),
        ),
        statementOf(
          build.update(deliveries).set({ state: "digest", doneMs: null })
            .where(and(eq(deliveries.digestId, id), MAY_BE_REVIVED)),
        ),
      ]),
    cancel: (id, nowMs) => [statementOf(
      build.update(deliveries).set({ state: "cancelled", doneMs: nowMs })
        .where(and(or(eq(deliveries.id, id), eq(deliveries.digestId, id)), IS_OPEN)),
    )],
    async deadLetters(channel, limit) {
      const rows = await orm.select({ id: deliveries.id }).from(deliveries)
        .where(and(
          eq(deliveries.state, "failed"),
          IN_NO_DIGEST,
          channel === undefined ? undefined : eq(deliveries.channelId, channel),
        ))
        .orderBy(asc(deliveries.id)).limit(limit);
      return rows.map(({ id }) => id);
    },
    async notifiedPlaces(subjects) {
      const out = new Map<string, Set<string>>();
      for (const subject of new Set(subjects)) {
        const rows = await findNotified().all({ subject });
        out.set(subject, new Set(rows.map(({ channel, target }) => placeOf(channel, target))));
      }
      return out;
    },
    routings: async (subject, limit) =>
      (await orm.select().from(routings).where(eq(routings.subject, subject))
        .orderBy(desc(routings.eventId)).limit(limit))
        .map(({ eventId, tMs, decisions }) => ({
          event: eventId,
          tMs,
          decisions: decisions as Decision[],
        })),
    async forget(beforeMs, limit) {
      const old = build.select({ id: deliveries.id }).from(deliveries)
        .where(and(lt(deliveries.createdMs, beforeMs), sql`not ${IS_OPEN}`))
        .orderBy(asc(deliveries.createdMs)).limit(limit);
      const oldRoutings = build.select({ id: routings.eventId }).from(routings)
        .where(lt(routings.tMs, beforeMs)).orderBy(asc(routings.eventId)).limit(limit);
      const [, gone] = await db.write([
        statementOf(build.delete(deliveryTries).where(inArray(deliveryTries.deliveryId, old))),
        statementOf(build.delete(deliveries).where(inArray(deliveries.id, old))),
        statementOf(build.delete(routings).where(inArray(routings.eventId, oldRoutings))),
      ]);
      return gone.rowsAffected;
    },
    ...createSendingStore(db),
    ...outboxStatistics(db),
  };
}

const TRY = {
  n: deliveryTries.n,
  tMs: deliveryTries.tMs,
  tookMs: deliveryTries.tookMs,
  outcome: deliveryTries.outcome,
  answer: deliveryTries.answer,
};

function wantedBy(query: DeliveryQuery): (SQL | undefined)[] {
  const { states, channel, event, subject, digest, fromMs } = query;
  return [
    states && inArray(deliveries.state, states),
    channel === undefined ? undefined : eq(deliveries.channelId, channel),
    event === undefined ? undefined : eq(deliveries.eventId, event),
    subject === undefined ? undefined : eq(deliveries.subject, subject),
    fromMs === undefined ? undefined : gte(deliveries.createdMs, fromMs),
    digest !== undefined
      ? eq(deliveries.digestId, digest)
      : event === undefined && subject === undefined
      ? IN_NO_DIGEST
      : undefined,
  ];
}

function addStatement(event: LoggedEvent, plan: Planned, nowMs: number): SqlStatement {
  return insert({
    uid: event.uid,
    eventId: event.id,
    eventType: event.type,
    subject: event.subject,
    severity: event.severity,
    text: event.text,
    channelId: plan.channel,
    target: plan.target,
    state: plan.state,
    why: plan.why,
    digestId: null,
    tries: 0,
    nextMs: plan.untilMs ?? nowMs,
    answer: null,
    tookMs: null,
    createdMs: nowMs,
    doneMs: null,
    remaining: null,
  });
}
