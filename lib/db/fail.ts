/** SQLite's way to fail in the middle of a query. */
export const FAIL = "abs(-9223372036854775808)";
/** The text of that error. */
export const OVERFLOW = /integer overflow/i;
