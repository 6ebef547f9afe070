import type { Database, SqlStatement } from "../db/client.ts";
import {
  alias,
  and,
  asc,
  build,
  createOrm,
  eq,
  gt,
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
  onFirstUse,
  placeholders,
  prepared,
  sql,
  statementOf,
} from "../db/orm.ts";
import { deliveries, deliveryTries } from "../db/schema/notify.ts";
import type { Outcome } from "./channel.ts";
import { type Delivery, type DeliveryState, type DeliveryTry, DIGEST } from "./delivery.ts";

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

/** What the sender asks of the outbox and writes to it. */
export interface SendingStore {
  /**
   * The oldest delivery of a channel that may be tried now. Messages about the same subject to the same place
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
}

/** Tries of a delivery that are kept: the newest. */
const KEPT_TRIES = 20;

export const IN_NO_DIGEST = isNull(deliveries.digestId);

/** Waits for something; the condition of the index `deliveries_open`. */
export const IS_OPEN = literally(inArray(deliveries.state, ["waiting", "held", "digest"]));

const nowMs = sql.placeholder("nowMs");

const channel = sql.placeholder("channel");
const id = sql.placeholder("id");

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

export function createSendingStore(db: Database): SendingStore {
  const orm = createOrm(db);
  const earlier = alias(deliveries, "earlier");
  const findDue = onFirstUse(() =>
    orm.select().from(deliveries)
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

  return {
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
  };
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
