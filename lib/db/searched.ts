/**
 * Rows of a table found by words, as `lib/words/matching.ts` finds what is in memory: "press3" is "Press 3", a number
 * is not within another, and where nothing fits a letter is forgiven. SQLite looks for what is in the text; for the
 * forgiven letter it only narrows the newest rows down, and the matcher of the words decides.
 */
import { createBreath } from "../base/breath.ts";
import { wantedBy } from "../words/matching.ts";
import type { PageOf } from "./list.ts";
import { and, type Column, or, type Orm, type SQL, sql } from "./orm.ts";

/** Where the words are looked for. */
export interface Searched {
  /** Of the table, an increasing number. */
  id: Column;
  columns: readonly (Column | SQL)[];
  /** Beside its own columns: what the thing is called whose column `of` is the row's `key`. */
  about?: { key: Column; of: Column; names: readonly Column[] };
}

/** Rows, the newest of a table, among which a word with a wrong letter is looked for. */
const FORGIVEN_ROWS = 2_000;
/** Of each of their texts so much. */
const FORGIVEN_CHARS = 1_000;
const FORGIVEN_FROM = 4;
const WORDS_MOST = 8;

/** A page of what a search finds; where it finds nothing, what the newest rows have that fits but for a letter. */
export async function searchedPage<T>(
  orm: Orm,
  search: string | undefined,
  searched: Searched,
  page: (fits: SQL | undefined) => Promise<PageOf<T>>,
): Promise<PageOf<T>> {
  const found = await page(hasWords(search, searched, false));
  if (found.items.length > 0 || !search?.trim()) return found;
  const ids = await nearIds(orm, search, searched);
  if (ids.length === 0) return found;
  return await page(sql`${searched.id} in (select value from json_each(${JSON.stringify(ids)}))`);
}

/** Ids of the newest rows that fit but for a letter. */
async function nearIds(orm: Orm, search: string, searched: Searched): Promise<number[]> {
  const wanted = wantedBy(search, true);
  if (wanted === null) return [];
  const { id, columns, about } = searched;
  const texts = columns.map((column) => sql`substr(${column}, 1, ${FORGIVEN_CHARS})`);
  if (about !== undefined) {
    const names = about.names.map((name) => sql`coalesce(${name}, '')`);
    texts.push(
      sql`(select ${
        sql.join(names, sql` || ' ' || `)
      } from ${about.of.table} where ${about.of} = ${about.key})`,
    );
  }
  const newest = sql`${id} > (select max(${id}) from ${id.table}) - ${FORGIVEN_ROWS}`;
  const rows = await orm
    // One expression in another: so columns keep the names of their tables.
    .select({ row: sql<string>`${sql`json_array(${sql.join([id, ...texts], sql`, `)})`}` })
    .from(id.table)
    .where(and(newest, hasWords(search, searched, true)));
  const ids: number[] = [];
  const breath = createBreath();
  for (const { row } of rows) {
    const pause = breath();
    if (pause !== undefined) await pause;
    const [number, ...of] = JSON.parse(row) as [number, ...(string | null)[]];
    if (wanted.score(of.map((text) => text ?? "")) !== null) ids.push(number);
  }
  return ids;
}

/** Has each of these words somewhere; none: undefined, every row. */
function hasWords(
  words: string | undefined,
  { columns, about }: Searched,
  forgiving: boolean,
): SQL | undefined {
  const asked = askedOf(words ?? "");
  return and(...asked.map((word) => {
    const isIn = (column: Column | SQL) => hasWord(column, word, forgiving);
    if (about === undefined) return or(...columns.map(isIn));
    const { key, of, names } = about;
    const called = sql`${key} in (select ${of} from ${of.table} where ${or(...names.map(isIn))})`;
    return or(...columns.map(isIn), called);
  }));
}

/** What is looked for: runs of letters and numbers; `T-12` and a word with other signs in it as they are. */
function askedOf(words: string): string[] {
  const asked = words.normalize("NFC").trim().split(/\s+/).flatMap((word) => {
    if (/^\p{L}-[0-9]+$/u.test(word) || !/^[\p{L}\p{N}_./-]+$/u.test(word)) return word;
    const parted = word.replace(/(\p{Ll})(?=\p{Lu}\p{Ll})/gu, "$1 ");
    return parted.match(/[0-9]+(?:\.[0-9]+)*|[^0-9 _./-]+/g) ?? word;
  });
  return [...new Set(asked)].filter((word) => word !== "").slice(0, WORDS_MOST);
}

function hasWord(column: Column | SQL, word: string, forgiving: boolean): SQL {
  // No digit before it: a number is not within another.
  if (/^[0-9]/.test(word)) return sql`' ' || ${column} glob ${`*[^0-9]${word}*`}`;
  // A single letter begins a word.
  if (/^[a-z]$/i.test(word)) {
    return sql`' ' || lower(${column}) glob ${`*[^a-z]${word.toLowerCase()}*`}`;
  }
  const parts = forgiving && word.length >= FORGIVEN_FROM ? halvesOf(word) : [word];
  const patterns = new Set(parts.flatMap(casesOf));
  return or(
    ...[...patterns].map((part) =>
      sql`${column} like ${`%${part.replace(/[\\%_]/g, (c) => `\\${c}`)}%`} escape '\\'`
    ),
  )!;
}

/** One wrong letter, or two that are swapped, leave the first or the last part as it is. */
function halvesOf(word: string): string[] {
  const half = Math.floor((word.length - 1) / 2);
  return [word.slice(0, half), word.slice(-half)];
}

/** SQLite knows upper and lower case of plain letters alone. */
function casesOf(text: string): string[] {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return [text];
  const lower = text.toLowerCase();
  return [text, lower, text.toUpperCase(), lower[0].toUpperCase() + lower.slice(1)];
}
