import { getTableColumns } from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import type { EventType, LoggedEvent } from "./event.ts";

type Row = typeof events.$inferSelect;

const { route: _, ...columns } = getTableColumns(events);
/** What is read of an event. */
export const LOGGED = columns;

/** An event from its row. */
export function eventOf(row: Omit<Row, "route">): LoggedEvent {
  return { ...row, type: row.type as EventType, body: JSON.parse(row.body) };
}
