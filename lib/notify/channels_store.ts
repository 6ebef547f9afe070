import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import { rowsOf } from "../db/list.ts";
import type { Subscription } from "./routing.ts";

/** A channel as it is stored. */
export interface ChannelRow {
  id: string;
  kind: string;
  name: string;
  /** Without secrets. */
  options: Record<string, unknown>;
  /** Sealed JSON of the secret options. */
  secrets: string;
  subscription: Subscription | null;
  createdMs: number;
}

/** How a channel is doing. */
export interface ChannelState {
  enabled: boolean;
  /** Why Perch switched it off by itself. */
  offReason: string | null;
  failingSinceMs: number | null;
  okMs: number | null;
  triedMs: number | null;
  /** What the far side said last. */
  answer: string | null;
}

export const NEW_STATE: ChannelState = {
  enabled: true,
  offReason: null,
  failingSinceMs: null,
  okMs: null,
  triedMs: null,
  answer: null,
};

/** Statements and reads of channels. */
export interface ChannelsStore {
  all(): Promise<ChannelRow[]>;
  states(): Promise<Map<string, ChannelState>>;
  put(row: ChannelRow): SqlStatement;
  putState(id: string, state: ChannelState): SqlStatement;
  /** How it is doing, without whether it is on: that is a person's. */
  putHealth(id: string, state: ChannelState): SqlStatement;
  /** The channel, its state, and what still waits for it. */
  remove(id: string, nowMs: number): SqlStatement[];
}

export function createChannelsStore(db: Pick<Database, "query">): ChannelsStore {
  return {
    async all() {
      const rows = rowsOf(
        await db.query({ sql: "select * from channels order by created_ms, id" }),
      );
      return rows.map((row) => ({
        id: String(row.id),
        kind: String(row.kind),
        name: String(row.name),
        options: JSON.parse(String(row.options)),
        secrets: String(row.secrets),
        subscription: row.subscription === null ? null : JSON.parse(String(row.subscription)),
        createdMs: Number(row.created_ms),
      }));
    },
    async states() {
      const rows = rowsOf(await db.query({ sql: "select * from channel_states" }));
      return new Map(rows.map((row) => [String(row.channel_id), {
        enabled: Number(row.enabled) === 1,
        offReason: textOrNull(row.off_reason),
        failingSinceMs: numberOrNull(row.failing_since_ms),
        okMs: numberOrNull(row.ok_ms),
        triedMs: numberOrNull(row.tried_ms),
        answer: textOrNull(row.answer),
      }]));
    },
    put: (row) => ({
      sql: "insert into channels (id, kind, name, options, secrets, subscription, created_ms) " +
        "values (?,?,?,?,?,?,?) on conflict (id) do update set name = excluded.name, " +
        "options = excluded.options, secrets = excluded.secrets, " +
        "subscription = excluded.subscription",
      args: [
        row.id,
        row.kind,
        row.name,
        JSON.stringify(row.options),
        row.secrets,
        row.subscription === null ? null : JSON.stringify(row.subscription),
        row.createdMs,
      ],
    }),
    putState: (id, state) => putState(id, state, STATE_COLUMNS),
    putHealth: (id, state) => putState(id, state, HEALTH_COLUMNS),
    remove: (id, nowMs) => [
      { sql: "delete from channels where id = ?", args: [id] },
      { sql: "delete from channel_states where channel_id = ?", args: [id] },
      {
        sql: "update deliveries set state = 'cancelled', answer = 'the channel was deleted', " +
          "done_ms = ? where channel_id = ? and state in ('waiting', 'held', 'digest')",
        args: [nowMs, id],
      },
    ],
  };
}

const HEALTH_COLUMNS = ["failing_since_ms", "ok_ms", "tried_ms", "answer"];
const STATE_COLUMNS = ["enabled", "off_reason", ...HEALTH_COLUMNS];

/** A new row, or these columns of the one that is there. */
function putState(id: string, state: ChannelState, columns: readonly string[]): SqlStatement {
  const sets = columns.map((column) => `${column} = excluded.${column}`).join(", ");
  return {
    sql: "insert into channel_states (channel_id, enabled, off_reason, failing_since_ms, ok_ms, " +
      `tried_ms, answer) values (?,?,?,?,?,?,?) on conflict (channel_id) do update set ${sets}`,
    args: [
      id,
      state.enabled ? 1 : 0,
      state.offReason,
      state.failingSinceMs,
      state.okMs,
      state.triedMs,
      state.answer,
    ],
  };
}

const numberOrNull = (value: SqlValue) => value === null ? null : Number(value);
const textOrNull = (value: SqlValue) => value === null ? null : String(value);
