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

/**
 * Has each of these words in one of these columns, whatever their case; no words: undefined, every row. `forgiving`:
 * but for one letter of a word of four and more.
 */
function hasWords(
  words: string | undefined,
  columns: readonly Column[],
  forgiving = false,
): SQL | undefined {
  const asked = words?.split(/\s+/).filter((word) => word !== "").slice(0, WORDS_MOST) ?? [];
  return and(...asked.map((word) => {
    const patterns = forgiving && /^\p{L}{4,40}$/u.test(word)
      ? nearPatterns(word)
      : [literal(word)];
    return or(
      ...columns.flatMap((column) =>
        patterns.map((pattern) => sql`${column} like ${`%${pattern}%`} escape '\\'`)
      ),
    );
  }));
}

const WORDS_MOST = 8;
const literal = (word: string) => word.replace(/[\\%_]/g, (c) => `\\${c}`);

/** A word with a letter that differs, is missing or too much, or with two that are swapped. */
function nearPatterns(word: string): string[] {
  const letters = [...word];
  const at = (i: number, taken: number, put: string) =>
    [...letters.slice(0, i), put, ...letters.slice(i + taken)].join("");
  return [
    ...new Set(letters.flatMap((letter, i) => [
      ...[at(i, 1, "_"), at(i, 1, ""), at(i, 0, "_")],
      ...(i + 1 < letters.length ? [at(i, 2, letters[i + 1] + letter)] : []),
    ])),
  ];
}

/** Rows, the newest of a table, among which a word with a wrong letter is looked for. */
const FORGIVEN_ROWS = 2_000;

/** A page of what a search finds; where it finds nothing, what the newest rows have that fits but for a letter. */
export async function searchedPage<T>(
  { search, id, columns }: {
    search: string | undefined;
    /** Of the table, an increasing number. */
    id: Column;
    /** Where the words are looked for. */
    columns: readonly Column[];
  },
  page: (fits: SQL | undefined) => Promise<PageOf<T>>,
): Promise<PageOf<T>> {
  const found = await page(hasWords(search, columns));
  if (found.items.length > 0 || !search?.trim()) return found;
  const newest = sql`${id} > (select max(${id}) from ${id.table}) - ${FORGIVEN_ROWS}`;
  return await page(and(newest, hasWords(search, columns, true)));
}

/** Is `whole`, or begins with it and a separator: `area` and all `area/…`. */
export function isOrBelow(column: Column, whole: string, separator: "/" | "."): SQL | undefined {
  // Everything below lies between `area/` and `area0`, the character after the slash.
  const next = String.fromCharCode(separator.charCodeAt(0) + 1);
  const below = and(gte(column, whole + separator), lt(column, whole + next));
  return or(eq(column, whole), below);
}
