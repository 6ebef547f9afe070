import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import { conditions, listPage, type PageOf, type PageQuery, type Row, rowsOf } from "../db/list.ts";
import type { LoggedEvent } from "../events/event.ts";
import { SEVERITIES, type Severity } from "../words/severity.ts";
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
  /** Turns what was collected for a channel, and is due, into one digest per place. */
  closeDigests(channel: string, nowMs: number): Promise<number>;
  /** Sentences of what a digest holds, oldest first, and how many there are. */
  digestOf(id: number, limit: number): Promise<{ items: Delivery[]; total: number }>;
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

const COLUMNS = "id, uid, event_id, event_type, subject, severity, text, channel_id, target, " +
  "state, why, digest_id, tries, next_ms, answer, took_ms, created_ms, done_ms, remaining";
const OPEN = "('waiting', 'held', 'digest')";
/** Tries of a delivery that are kept: the newest. */
const KEPT_TRIES = 20;
const UID_LENGTH = 24;
const NOT_NEWS = "('alarm.resolved', 'alarm.cleared', 'alarm.commented')";

export function createOutboxStore(db: Database): OutboxStore {
  const query = async (sql: string, ...args: SqlValue[]) => rowsOf(await db.query({ sql, args }));
  const one = async (sql: string, ...args: SqlValue[]) => (await query(sql, ...args))[0];

  return {
    add: addStatement,
    routing: (event, nowMs, decisions) => ({
      sql: "insert into routings (event_id, subject, t_ms, decisions) values (?,?,?,?) " +
        "on conflict (event_id) do nothing",
      args: [event.id, event.subject, nowMs, JSON.stringify(decisions)],
    }),
    async due(channel, nowMs) {
      const row = await one(
        `select ${COLUMNS} from deliveries d where channel_id = ? and next_ms <= ? ` +
          `and state in ${OPEN} and state <> 'digest' ` +
          "and not exists (select 1 from deliveries e where e.subject = d.subject " +
          "and e.channel_id = d.channel_id and e.target = d.target and e.id < d.id " +
          `and e.event_id is not null and d.event_id is not null and e.state in ${OPEN}) ` +
          "order by id limit 1",
        channel,
        nowMs,
      );
      return row === undefined ? null : deliveryOf(row);
    },
    async nextDueMs(channel, nowMs) {
      const row = await one(
        "select min(next_ms) as at from deliveries where channel_id = ? and next_ms > ? " +
          `and state in ${OPEN} and digest_id is null`,
        channel,
        nowMs,
      );
      return row.at === null ? null : Number(row.at);
    },
    async closeDigests(channel, nowMs) {
      const targets = await query(
        `select target, count(*) as n, max(case severity when 'critical' then 2 ` +
          "when 'warning' then 1 else 0 end) as worst from deliveries where channel_id = ? " +
          `and next_ms <= ? and state in ${OPEN} and state = 'digest' and digest_id is null ` +
          "group by target",
        channel,
        nowMs,
      );
      for (const { target, n, worst } of targets) {
        const severity = SEVERITIES[Number(worst)];
        await db.write(digestStatements(channel, String(target), Number(n), severity, nowMs));
      }
      return targets.length;
    },
    async digestOf(id, limit) {
      const items = await query(
        `select ${COLUMNS} from deliveries where digest_id = ? order by id limit ?`,
        id,
        limit,
      );
      const { n } = await one("select count(*) as n from deliveries where digest_id = ?", id);
      return { items: items.map(deliveryOf), total: Number(n) };
    },
    async begin({ id }, nowMs) {
      await db.write([
        { sql: "update deliveries set tries = tries + 1 where id = ?", args: [id] },
        {
          sql: "insert into delivery_tries (delivery_id, n, t_ms) " +
            "select ?, coalesce(max(n), 0) + 1, ? from delivery_tries where delivery_id = ?",
          args: [id, nowMs, id],
        },
        {
          sql: "delete from delivery_tries where delivery_id = ? and n <= " +
            `(select max(n) from delivery_tries where delivery_id = ?) - ${KEPT_TRIES}`,
          args: [id, id],
        },
      ]);
    },
    async finish(delivery, finished, more) {
      await db.write([...finishStatements(delivery, finished), ...more]);
    },
    async hurry(channel, nowMs) {
      await db.write([{
        sql: "update deliveries set next_ms = ? where channel_id = ? and next_ms > ? " +
          `and state in ${OPEN} and state = 'waiting'`,
        args: [nowMs, channel, nowMs],
      }]);
    },
    async find(id) {
      const row = await one(`select ${COLUMNS} from deliveries where id = ?`, id);
      return row === undefined ? null : deliveryOf(row);
    },
    async list(wantedQuery) {
      const { states, channel, event, subject, digest, fromMs } = wantedQuery;
      const wanted = conditions();
      if (states !== undefined) wanted.oneOf("state", states);
      if (channel !== undefined) wanted.add("channel_id = ?", channel);
      if (event !== undefined) wanted.add("event_id = ?", event);
      if (subject !== undefined) wanted.add("subject = ?", subject);
      if (fromMs !== undefined) wanted.add("created_ms >= ?", fromMs);
      if (digest !== undefined) wanted.add("digest_id = ?", digest);
      else if (event === undefined && subject === undefined) wanted.add("digest_id is null");
      const page = await listPage(db, `select ${COLUMNS} from deliveries`, wanted, wantedQuery);
      return { items: page.items.map(deliveryOf), next: page.next };
    },
    async tries(id) {
      const rows = await query(
        "select n, t_ms, took_ms, outcome, answer from delivery_tries where delivery_id = ? " +
          "order by n",
        id,
      );
      return rows.map((row) => ({
        n: Number(row.n),
        tMs: Number(row.t_ms),
        tookMs: numberOrNull(row.took_ms),
        outcome: textOrNull(row.outcome) as Outcome["state"] | null,
        answer: textOrNull(row.answer),
      }));
    },
    revive: (ids, nowMs) =>
      ids.flatMap((id) => [
        {
          sql: "update deliveries set state = 'waiting', tries = 0, next_ms = ?, done_ms = null " +
            "where id = ? and digest_id is null and state in ('failed', 'cancelled')",
          args: [nowMs, id],
        },
        {
          sql: "update deliveries set state = 'digest', done_ms = null where digest_id = ? " +
            "and state in ('failed', 'cancelled')",
          args: [id],
        },
      ]),
    cancel: (id, nowMs) => [{
      sql: "update deliveries set state = 'cancelled', done_ms = ? " +
        `where (id = ? or digest_id = ?) and state in ${OPEN}`,
      args: [nowMs, id, id],
    }],
    async deadLetters(channel, limit) {
      const rows = channel === undefined
        ? await query(
          "select id from deliveries where state = 'failed' and digest_id is null " +
            "order by id limit ?",
          limit,
        )
        : await query(
          "select id from deliveries where state = 'failed' and digest_id is null " +
            "and channel_id = ? order by id limit ?",
          channel,
          limit,
        );
      return rows.map((row) => Number(row.id));
    },
    async counts(nowMs) {
      const states = await query(
        "select state, count(*) as n from deliveries " +
          "where state in ('waiting', 'held', 'digest', 'failed') and digest_id is null " +
          "group by state",
      );
      const of = (state: string) => Number(states.find((row) => row.state === state)?.n ?? 0);
      const tries = await one(
        "select count(*) as n, coalesce(sum(outcome = 'delivered'), 0) as good " +
          "from delivery_tries where t_ms > ? and outcome is not null",
        nowMs - HOUR_MS,
      );
      return {
        waiting: of("waiting"),
        held: of("held"),
        digest: of("digest"),
        failed: of("failed"),
        tries: Number(tries.n),
        good: Number(tries.good),
      };
    },
    async countsByChannel() {
      const rows = await query(
        `select channel_id, sum(state in ${OPEN}) as open, sum(state = 'failed') as failed ` +
          "from deliveries where state in ('waiting', 'held', 'digest', 'failed') " +
          "and digest_id is null group by channel_id",
      );
      return new Map(rows.map((row) => [
        String(row.channel_id),
        { open: Number(row.open), failed: Number(row.failed) },
      ]));
    },
    async told(subjects) {
      const out = new Map<string, Set<string>>();
      for (const subject of new Set(subjects)) {
        const rows = await query(
          "select distinct channel_id, target from deliveries where subject = ? " +
            `and event_type not in ${NOT_NEWS} and state <> 'cancelled'`,
          subject,
        );
        out.set(
          subject,
          new Set(rows.map((row) => placeOf(String(row.channel_id), String(row.target)))),
        );
      }
      return out;
    },
    async sentSince(sinceMs) {
      const rows = await query(
        "select channel_id, count(*) as n from deliveries where created_ms > ? " +
          "and digest_id is null and state not in ('digest', 'held') group by channel_id",
        sinceMs,
      );
      return new Map(rows.map((row) => [String(row.channel_id), Number(row.n)]));
    },
    async routings(subject, limit) {
      const rows = await query(
        "select event_id, t_ms, decisions from routings where subject = ? " +
          "order by event_id desc limit ?",
        subject,
        limit,
      );
      return rows.map((row) => ({
        event: Number(row.event_id),
        tMs: Number(row.t_ms),
        decisions: JSON.parse(String(row.decisions)),
      }));
    },
    async forget(beforeMs, limit) {
      const old = "select id from deliveries where created_ms < ? " +
        `and state not in ${OPEN} order by created_ms limit ?`;
      const [, gone] = await db.write([
        {
          sql: `delete from delivery_tries where delivery_id in (${old})`,
          args: [beforeMs, limit],
        },
        { sql: `delete from deliveries where id in (${old})`, args: [beforeMs, limit] },
        {
          sql: "delete from routings where event_id in " +
            "(select event_id from routings where t_ms < ? order by event_id limit ?)",
          args: [beforeMs, limit],
        },
      ]);
      return gone.rowsAffected;
    },
  };
}

function addStatement(event: LoggedEvent, plan: Planned, nowMs: number): SqlStatement {
  return {
    sql: "insert into deliveries (uid, event_id, event_type, subject, severity, text, " +
      "channel_id, target, state, why, tries, next_ms, created_ms) " +
      "values (?,?,?,?,?,?,?,?,?,?,0,?,?) on conflict (event_id, channel_id, target) do nothing",
    args: [
      event.uid,
      event.id,
      event.type,
      event.subject,
      event.severity,
      event.text,
      plan.channel,
      plan.target,
      plan.state,
      plan.why,
      plan.untilMs ?? nowMs,
      nowMs,
    ],
  };
}

function digestStatements(
  channel: string,
  target: string,
  count: number,
  severity: Severity,
  nowMs: number,
): SqlStatement[] {
  return [
    {
      sql: "insert into deliveries (uid, event_type, subject, severity, text, channel_id, " +
        "target, state, why, tries, next_ms, created_ms) values (?,?,?,?,?,?,?,?,?,0,?,?)",
      args: [
        randomId(UID_LENGTH),
        DIGEST,
        DIGEST,
        severity,
        count === 1 ? "One message in a digest" : `${count} messages in a digest`,
        channel,
        target,
        "waiting",
        "collected",
        nowMs,
        nowMs,
      ],
    },
    {
      sql: "update deliveries set digest_id = last_insert_rowid() where channel_id = ? " +
        `and target = ? and state in ${OPEN} and state = 'digest' and digest_id is null ` +
        "and next_ms <= ?",
      args: [channel, target, nowMs],
    },
  ];
}

function finishStatements(delivery: Delivery, finished: Finished): SqlStatement[] {
  const { id } = delivery;
  const { outcome, answer, atMs, tookMs, state, nextMs, remaining } = finished;
  const doneMs = state === "delivered" || state === "failed" ? atMs : null;
  const statements: SqlStatement[] = [
    {
      sql: "update deliveries set state = ?, next_ms = ?, answer = ?, took_ms = ?, done_ms = ?, " +
        "remaining = ? where id = ? and state <> 'cancelled'",
      args: [
        state,
        nextMs,
        answer,
        tookMs,
        doneMs,
        remaining === null ? null : JSON.stringify(remaining),
        id,
      ],
    },
    {
      sql: "update delivery_tries set took_ms = ?, outcome = ?, answer = ? where delivery_id = ? " +
        "and n = (select max(n) from delivery_tries where delivery_id = ?)",
      args: [tookMs, outcome, answer, id, id],
    },
  ];
  if (delivery.eventType === DIGEST && doneMs !== null) {
    statements.push({
      sql: "update deliveries set state = ?, answer = ?, done_ms = ? " +
        "where digest_id = ? and state = 'digest'",
      args: [state, answer, doneMs, id],
    });
  }
  return statements;
}

function deliveryOf(row: Row): Delivery {
  return {
    id: Number(row.id),
    uid: String(row.uid),
    eventId: numberOrNull(row.event_id),
    eventType: String(row.event_type),
    subject: String(row.subject),
    severity: String(row.severity) as Severity,
    text: String(row.text),
    channelId: String(row.channel_id),
    target: String(row.target),
    state: String(row.state) as DeliveryState,
    why: String(row.why),
    digestId: numberOrNull(row.digest_id),
    tries: Number(row.tries),
    nextMs: Number(row.next_ms),
    answer: textOrNull(row.answer),
    tookMs: numberOrNull(row.took_ms),
    createdMs: Number(row.created_ms),
    doneMs: numberOrNull(row.done_ms),
    remaining: row.remaining === null ? null : JSON.parse(String(row.remaining)),
  };
}

const numberOrNull = (value: SqlValue) => value === null ? null : Number(value);
const textOrNull = (value: SqlValue) => value === null ? null : String(value);
