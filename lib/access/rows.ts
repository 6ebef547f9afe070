import type { SqlValue } from "../db/client.ts";

export { rowsOf } from "../db/list.ts";

export const text = (value: SqlValue): string => String(value);
export const textOrNull = (value: SqlValue): string | null => value === null ? null : String(value);
export const whole = (value: SqlValue): number => Number(value);
export const wholeOrNull = (value: SqlValue): number | null =>
  value === null ? null : Number(value);
