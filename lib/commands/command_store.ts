import { type CommandState } from "../words/commands.ts";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { PageOf, PageQuery } from "../db/list.ts";
import {
  and,
  build,
  createOrm,
  desc,
  eq,
  gte,
  inArray,
  lt,
  or,
  sql,
  statementOf,
} from "../db/orm.ts";
import { commands } from "../db/schema/devices.ts";
import type { OrderValue } from "../machines/order.ts";
import type { Command } from "./command.ts";

export interface CommandQuery extends PageQuery {
  targets?: readonly string[];
  state?: CommandState;
}

/** Every order that was given. */
export interface CommandStore {
  add(command: Command): SqlStatement;
  /** What came of one that was sent. */
  end(id: string, state: CommandState, reason: string | null, doneMs: number): SqlStatement;
  find(id: string): Promise<Command | null>;
  /** Newest first. @throws PerchError `validation` for a cursor that is none */
  list(query: CommandQuery): Promise<PageOf<Command>>;
  /** Those whose end is not known. */
  sent(): Promise<Command[]>;
  /** When each target was told something, from a time on, oldest first. */
  timesSince(fromMs: number, most: number): Promise<{ targetId: string; tMs: number }[]>;
  /** Some of those from before a time. */
  purge(beforeMs: number, most: number): SqlStatement;
}

const DEFAULT_LIMIT = 50;

export function createCommandStore(db: Pick<Database, "query">): CommandStore {
  const orm = createOrm(db);
  const read = (row: typeof commands.$inferSelect): Command => ({
    ...row,
    value: row.value as OrderValue,
  });
  return {
    add: (command) => statementOf(build.insert(commands).values(command)),
    end: (id, state, reason, doneMs) =>
      statementOf(
        build.update(commands).set({ state, reason, doneMs })
          .where(and(eq(commands.id, id), eq(commands.state, "sent"))),
      ),
    async find(id) {
      const row = await orm.select().from(commands).where(eq(commands.id, id)).get();
      return row === undefined ? null : read(row);
    },
    async list({ targets, state, limit = DEFAULT_LIMIT, cursor }) {
      const wanted = [
        targets === undefined ? undefined : inArray(commands.targetId, [...targets]),
        state === undefined ? undefined : eq(commands.state, state),
        cursor === undefined ? undefined : beyond(cursor),
      ];
      const rows = await orm.select().from(commands).where(and(...wanted))
        .orderBy(desc(commands.tMs), desc(commands.id)).limit(limit + 1);
      const items = rows.slice(0, limit).map(read);
      const last = items.at(-1);
      return { items, next: rows.length > limit ? `${last!.tMs}.${last!.id}` : null };
    },
    sent: async () =>
      (await orm.select().from(commands).where(eq(commands.state, "sent"))).map(read),
    timesSince: async (fromMs, most) =>
      (await orm.select({ targetId: commands.targetId, tMs: commands.tMs }).from(commands)
        .where(
          and(
            gte(commands.tMs, fromMs),
            inArray(commands.state, ["sent", "confirmed", "unconfirmed"]),
          ),
        )
        .orderBy(desc(commands.tMs)).limit(most)).reverse(),
    purge: (beforeMs, most) =>
      statementOf(
        build.delete(commands).where(
          inArray(
            commands.id,
            build.select({ id: commands.id }).from(commands).where(lt(commands.tMs, beforeMs))
              .limit(most),
          ),
        ),
      ),
  };
}

/** Comes after the row that the cursor names. */
function beyond(cursor: string) {
  const [, time, id] = /^(\d{1,16})\.(\w{1,40})$/.exec(cursor) ?? [];
  if (time === undefined) {
    throw new PerchError("validation", "query.cursor: not a cursor of this list", {
      errors: [{ path: "query.cursor", message: "not a cursor of this list" }],
    });
  }
  const tMs = Number(time);
  return or(lt(commands.tMs, tMs), and(eq(commands.tMs, tMs), sql`${commands.id} < ${id}`));
}
