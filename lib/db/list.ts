import { PerchError } from "../base/errors.ts";
import { and, type Column, desc, eq, gt, gte, lt, or, type SQL, sql } from "./orm.ts";

/** A page of a list. `next` goes into the next question as `cursor`; null: there is no more. */
export interface PageOf<T> {
  items: T[];
  next: string | null;
}

/** How much of a list, and after what. */
export interface PageQuery {
  /** Default 50. */
  limit?: number;
  cursor?: string;
}

const DEFAULT_LIMIT = 50;

/** A select without conditions: `orm.select().from(…)`. */
interface Selected<T> {
  where(wanted: SQL | undefined): {
    orderBy(...by: SQL[]): { limit(most: number): PromiseLike<T[]> };
  };
}

/** Another order than newest first: by a whole number, the smallest first, the newest first among equals. */
export interface Order<T> {
  by: SQL<number>;
  /** The same number from a row. */
  keyOf(row: T): number;
}

/**
 * A page of what `selected` gives by `id`, an increasing number: newest first, or in the given order.
 * @throws PerchError `validation` when the cursor is not one of this list
 */
export async function listPage<T extends { id: number }>(
  selected: Selected<T>,
  id: Column,
  wanted: readonly (SQL | undefined)[],
  { limit = DEFAULT_LIMIT, cursor }: PageQuery,
  order?: Order<T>,
): Promise<PageOf<T>> {
  const after = cursor === undefined ? undefined : beyond(cursor, id, order);
  const by = order === undefined ? [desc(id)] : [sql`${order.by}`, desc(id)];
  const items = await selected.where(and(...wanted, after)).orderBy(...by).limit(limit + 1);
  const more = items.length > limit;
  if (more) items.pop();
  const last = items.at(-1);
  const cursorAfter = (row: T) =>
    order === undefined ? `${row.id}` : `${row.id}.${order.keyOf(row)}`;
  return { items, next: more ? cursorAfter(last!) : null };
}

/** Comes after the row that the cursor names. */
function beyond<T>(cursor: string, id: Column, order?: Order<T>): SQL | undefined {
  const [last, key] = cursorOf(cursor, order === undefined ? 1 : 2);
  const older = lt(id, last);
  return order === undefined ? older : or(gt(order.by, key), and(eq(order.by, key), older));
}

/** The id that a cursor of a list in the order of ids names. @throws PerchError `validation` */
export function idOfCursor(cursor: string): number {
  return cursorOf(cursor, 1)[0];
}

/** Numbers of a cursor, separated by dots. */
function cursorOf(cursor: string, count: number): number[] {
  const numbers = cursor.split(".");
  if (numbers.length === count && numbers.every((n) => /^\d{1,16}$/.test(n))) {
    return numbers.map(Number);
  }
  throw new PerchError("validation", "query.cursor: not a cursor of this list", {
    errors: [{ path: "query.cursor", message: "not a cursor of this list" }],
  });
}

/** Is `whole`, or begins with it and a separator: `area` and all `area/…`. */
export function isOrBelow(column: Column, whole: string, separator: "/" | "."): SQL | undefined {
  // Everything below lies between `area/` and `area0`, the character after the slash.
  const next = String.fromCharCode(separator.charCodeAt(0) + 1);
  const below = and(gte(column, whole + separator), lt(column, whole + next));
  return or(eq(column, whole), below);
}
