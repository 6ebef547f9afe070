import type { SqlResult, SqlValue } from "../db/client.ts";

/** One row by column name. */
export type Row = Record<string, SqlValue>;

/** Rows of an answer by column name. */
export function rowsOf(result: SqlResult): Row[] {
  return result.rows.map((row) =>
    Object.fromEntries(result.columns.map((name, i) => [name, row[i]]))
  );
}

export const text = (value: SqlValue): string => String(value);
export const textOrNull = (value: SqlValue): string | null => value === null ? null : String(value);
export const whole = (value: SqlValue): number => Number(value);
export const wholeOrNull = (value: SqlValue): number | null =>
  value === null ? null : Number(value);
