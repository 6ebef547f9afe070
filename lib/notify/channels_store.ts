import type { Database, SqlStatement } from "../db/client.ts";
import { and, asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import {
  type ChannelRow as StoredChannel,
  channels,
  channelStates,
  deliveries,
} from "../db/schema/notify.ts";
import { IS_OPEN } from "./sending_store.ts";
import type { Subscription } from "./routed.ts";

/** A channel as it is kept. */
export interface ChannelRow extends Omit<StoredChannel, "subscription"> {
  subscription: Subscription | null;
}

/** How a channel is doing. */
export type ChannelState = Omit<typeof channelStates.$inferSelect, "channelId">;

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
  /** Whether it is on, as a person wants it; the rest of the state stays as it is. */
  putSwitch(id: string, state: ChannelState): SqlStatement;
  /** How it is doing, without whether it is on: that is a person's. */
  putHealth(id: string, state: ChannelState): SqlStatement;
  /** The channel, its state, and what still waits for it. */
  remove(id: string, nowMs: number): SqlStatement[];
}

const HEALTH = ["failingSinceMs", "okMs", "triedMs", "answer"] as const;
const SWITCH = ["enabled", "offReason", "failingSinceMs"] as const;
const STATE = ["enabled", "offReason", ...HEALTH] as const;

export function createChannelsStore(db: Pick<Database, "query">): ChannelsStore {
  const orm = createOrm(db);
  return {
    all: async () =>
      await orm.select().from(channels)
        .orderBy(asc(channels.createdMs), asc(channels.id)) as ChannelRow[],
    async states() {
      const rows = await orm.select().from(channelStates);
      return new Map(rows.map(({ channelId, ...state }) => [channelId, state]));
    },
    put: (row) =>
      statementOf(
        build.insert(channels).values(row).onConflictDoUpdate({
          target: channels.id,
          set: excluded(channels, ["name", "options", "secrets", "subscription"]),
        }),
      ),
    putState: (id, state) => putState(id, state, STATE),
    putSwitch: (id, state) => putState(id, state, SWITCH),
    putHealth: (id, state) => putState(id, state, HEALTH),
    remove: (id, nowMs) => [
      statementOf(build.delete(channels).where(eq(channels.id, id))),
      statementOf(build.delete(channelStates).where(eq(channelStates.channelId, id))),
      statementOf(
        build.update(deliveries)
          .set({ state: "cancelled", answer: "the channel was deleted", doneMs: nowMs })
          .where(and(eq(deliveries.channelId, id), IS_OPEN)),
      ),
    ],
  };
}

/** A new row, or these columns of the one that is there. */
function putState(
  channelId: string,
  state: ChannelState,
  columns: readonly (typeof STATE[number])[],
): SqlStatement {
  return statementOf(
    build.insert(channelStates).values({ ...state, channelId }).onConflictDoUpdate({
      target: channelStates.channelId,
      set: excluded(channelStates, columns),
    }),
  );
}
