import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  alias,
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  literally,
  lt,
  lte,
  max,
  min,
  ne,
  notExists,
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
import { HOUR_MS } from "../words/times.ts";
import type { Outcome } from "./channel.ts";
import { type Delivery, type DeliveryState, type DeliveryTry, DIGEST } from "./delivery.ts";
import { type Decision, placeOf, type Planned } from "./routing.ts";

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

/** What a try led to, and where that leaves the delivery. */
export interface Finished {
  outcome: Outcome["state"];
  answer: string;
  atMs: number;
  tookMs: number;
  state: DeliveryState;
  nextMs: number;
  remaining: readonly string[] | null;
}

/** What every rule said to an event. */
export interface StoredRouting {
  event: number;
  tMs: number;
  decisions: Decision[];
}

/** How the outbox is doing. */
export interface OutboxCounts {
  waiting: number;
  held: number;
  digest: number;
  failed: number;
  /** Of the last hour. */
  tries: number;
  good: number;
}

/** Statements and reads of deliveries, their tries, and routings. */
export interface OutboxStore {
  add(event: LoggedEvent, plan: Planned, nowMs: number): SqlStatement;
  routing(event: LoggedEvent, nowMs: number, decisions: readonly Decision[]): SqlStatement;
  /**
   * The oldest delivery of a channel that may be tried now. What tells of the same thing to the same place
   * goes out in order: a later one waits for the earlier.
   */
  due(channel: string, nowMs: number): Promise<Delivery | null>;
  /** When something of a channel becomes due after `nowMs`; null: nothing is planned. */
  nextDueMs(channel: string, nowMs: number): Promise<number | null>;
  /** Marks a try before it is made. */
  begin(delivery: Delivery, nowMs: number): Promise<void>;
  finish(delivery: Delivery, finished: Finished, more: readonly SqlStatement[]): Promise<void>;
  /** Lets what waits for a channel that is back be tried at once. */
  hurry(channel: string, nowMs: number): Promise<void>;
  find(id: number): Promise<Delivery | null>;
  list(query: DeliveryQuery): Promise<PageOf<Delivery>>;
  tries(id: number): Promise<DeliveryTry[]>;
  /** To be tried again, as new: dead letters and cancelled ones. */
  revive(ids: readonly number[], nowMs: number): SqlStatement[];
  cancel(id: number, nowMs: number): SqlStatement[];
  /** Ids of dead letters, oldest first. */
  deadLetters(channel: string | undefined, limit: number): Promise<number[]>;
  counts(nowMs: number): Promise<OutboxCounts>;
  /** By channel: what is open and what is dead. */
  countsByChannel(): Promise<Map<string, { open: number; failed: number }>>;
  /** Where each subject was told, as `placeOf`. */
  told(subjects: readonly string[]): Promise<Map<string, Set<string>>>;
  /** Single messages by channel since a time. */
  sentSince(sinceMs: number): Promise<Map<string, number>>;
  routings(subject: string, limit: number): Promise<StoredRouting[]>;
  /** Deletes what was finished before a time, a part of it; gives how many deliveries went. */
  forget(beforeMs: number, limit: number): Promise<number>;
}

/** Tries of a delivery that are kept: the newest. */
const KEPT_TRIES = 20;
const NOT_NEWS = ["alarm.resolved", "alarm.cleared", "alarm.commented"];
const IN_NO_DIGEST = isNull(deliveries.digestId);
/** Waits for something; the condition of the index `deliveries_open`. */
export const IS_OPEN = literally(inArray(deliveries.state, ["waiting", "held", "digest"]));
const MAY_BE_REVIVED = inArray(deliveries.state, ["failed", "cancelled"]);
const id = sql.placeholder("id");
const channel = sql.placeholder("channel");
const nowMs = sql.placeholder("nowMs");

const { id: _, ...GIVEN } = placeholders(deliveries);
const insert = prepared<Omit<typeof deliveries.$inferSelect, "id">>(
  build.insert(deliveries).values(GIVEN)
    .onConflictDoNothing({ target: [deliveries.eventId, deliveries.channelId, deliveries.target] }),
);
const insertRouting = prepared<typeof routings.$inferSelect>(
  build.insert(routings).values(placeholders(routings))
    .onConflictDoNothing({ target: routings.eventId }),
);
const lastTry = build.select({ n: max(deliveryTries.n) }).from(deliveryTries)
  .where(eq(deliveryTries.deliveryId, id));
const begin = [
  build.update(deliveries).set({ tries: sql`${deliveries.tries} + 1` }).where(
    eq(deliveries.id, id),
  ),
  build.insert(deliveryTries)
    .values({ deliveryId: id, n: sql`coalesce(${lastTry}, 0) + 1`, tMs: nowMs }),
  build.delete(deliveryTries)
    .where(and(
      eq(deliveryTries.deliveryId, id),
      lte(deliveryTries.n, sql`${lastTry} - ${KEPT_TRIES}`),
    )),
].map((query) => prepared<{ id: number; nowMs: number }>(query));
const endTry = prepared<{ id: number } & Pick<DeliveryTry, "tookMs" | "outcome" | "answer">>(
  build.update(deliveryTries).set(placeholders(deliveryTries, ["tookMs", "outcome", "answer"]))
    .where(and(eq(deliveryTries.deliveryId, id), eq(deliveryTries.n, sql`${lastTry}`))),
);
const ENDING = ["state", "nextMs", "answer", "tookMs", "doneMs", "remaining"] as const;
const end = prepared<Pick<Delivery, "id" | typeof ENDING[number]>>(
  build.update(deliveries).set(placeholders(deliveries, ENDING))
    .where(and(eq(deliveries.id, id), ne(deliveries.state, "cancelled"))),
);

export function createOutboxStore(db: Database): OutboxStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(deliveries);
  const earlier = alias(deliveries, "earlier");
  const findDue = onFirstUse(() =>
    all()
      .where(and(
        eq(deliveries.channelId, channel),
        lte(deliveries.nextMs, nowMs),
        IS_OPEN,
        ne(deliveries.state, "digest"),
        notExists(
          orm.select({ id: earlier.id }).from(earlier).where(and(
            eq(earlier.subject, deliveries.subject),
            eq(earlier.channelId, deliveries.channelId),
            eq(earlier.target, deliveries.target),
            lt(earlier.id, deliveries.id),
            isNotNull(earlier.eventId),
            isNotNull(deliveries.eventId),
            literally(inArray(earlier.state, ["waiting", "held", "digest"])),
          )),
        ),
      ))
      .orderBy(asc(deliveries.id)).limit(1).prepare()
  );
  const findNextDue = onFirstUse(() =>
    orm.select({ atMs: min(deliveries.nextMs) }).from(deliveries)
      .where(and(
        eq(deliveries.channelId, channel),
        gt(deliveries.nextMs, nowMs),
        IS_OPEN,
        IN_NO_DIGEST,
      )).prepare()
  );
  const findTold = onFirstUse(() =>
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
    due: async (channel, nowMs) => await findDue().get({ channel, nowMs }) ?? null,
    nextDueMs: async (channel, nowMs) =>
      (await findNextDue().get({ channel, nowMs }))?.atMs ?? null,
    begin: async ({ id }, nowMs) => void await db.write(begin.map((one) => one({ id, nowMs }))),
    async finish(delivery, finished, more) {
      await db.write([...finishStatements(delivery, finished), ...more]);
    },
    async hurry(channel, nowMs) {
      await db.write([statementOf(
        build.update(deliveries).set({ nextMs: nowMs }).where(and(
          eq(deliveries.channelId, channel),
          gt(deliveries.nextMs, nowMs),
          IS_OPEN,
          eq(deliveries.state, "waiting"),
        )),
      )]);
    },
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
    async told(subjects) {
      const out = new Map<string, Set<string>>();
      for (const subject of new Set(subjects)) {
        const rows = await findTold().all({ subject });
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
    ...statistics(db),
  };
}

const TRY = {
  n: deliveryTries.n,
  tMs: deliveryTries.tMs,
  tookMs: deliveryTries.tookMs,
  outcome: deliveryTries.outcome,
  answer: deliveryTries.answer,
};

/** SQL by hand: sums over conditions, which drizzle would write as the same text in pieces. */
function statistics(db: Database): Pick<OutboxStore, "counts" | "countsByChannel" | "sentSince"> {
  const rowsOf = async (sql: string, ...args: number[]) => (await db.query({ sql, args })).rows;
  return {
    async counts(nowMs) {
      const states = new Map(
        (await rowsOf(
          "select state, count(*) from deliveries " +
            "where state in ('waiting', 'held', 'digest', 'failed') and digest_id is null " +
            "group by state",
        )).map(([state, n]) => [String(state), Number(n)]),
      );
      const of = (state: DeliveryState) => states.get(state) ?? 0;
      const [[tries, good]] = await rowsOf(
        "select count(*), coalesce(sum(outcome = 'delivered'), 0) " +
          "from delivery_tries where t_ms > ? and outcome is not null",
        nowMs - HOUR_MS,
      );
      return {
        waiting: of("waiting"),
        held: of("held"),
        digest: of("digest"),
        failed: of("failed"),
        tries: Number(tries),
        good: Number(good),
      };
    },
    async countsByChannel() {
      const rows = await rowsOf(
        "select channel_id, sum(state <> 'failed'), sum(state = 'failed') " +
          "from deliveries where state in ('waiting', 'held', 'digest', 'failed') " +
          "and digest_id is null group by channel_id",
      );
      return new Map(rows.map(([channel, open, failed]) => [
        String(channel),
        { open: Number(open), failed: Number(failed) },
      ]));
    },
    async sentSince(sinceMs) {
      const rows = await rowsOf(
        "select channel_id, count(*) from deliveries where created_ms > ? " +
          "and digest_id is null and state not in ('digest', 'held') group by channel_id",
        sinceMs,
      );
      return new Map(rows.map(([channel, n]) => [String(channel), Number(n)]));
    },
  };
}

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

function finishStatements(delivery: Delivery, finished: Finished): SqlStatement[] {
  const { id } = delivery;
  const { outcome, answer, atMs, tookMs, state, nextMs, remaining } = finished;
  const doneMs = state === "delivered" || state === "failed" ? atMs : null;
  const statements = [
    end({ id, state, nextMs, answer, tookMs, doneMs, remaining }),
    endTry({ id, tookMs, outcome, answer }),
  ];
  if (delivery.eventType === DIGEST && doneMs !== null) {
    statements.push(statementOf(
      build.update(deliveries).set({ state, answer, doneMs })
        .where(and(eq(deliveries.digestId, id), eq(deliveries.state, "digest"))),
    ));
  }
  return statements;
}
