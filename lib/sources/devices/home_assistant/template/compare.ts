import { Failure, isNumber, Moment, numeric, type Value } from "./values.ts";

/** Below, at or above 0; NaN where a number is none. Only values of one kind have an order. */
export function compared(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) {
    const [left, right] = [numeric(a), numeric(b)];
    // Infinity minus itself is none.
    return left === right ? 0 : left - right;
  }
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Moment && b instanceof Moment) return a.utcMs - b.utcMs;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      const order = compared(a[at], b[at]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  throw new Failure(
    a === undefined || b === undefined
      ? "it compares with what is missing"
      : "it compares values of two kinds",
  );
}
