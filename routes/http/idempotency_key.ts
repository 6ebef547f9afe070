import type { Context } from "hono";
import { PerchError } from "../../lib/base/errors.ts";

/** The `Idempotency-Key` of a request; undefined: it has none. @throws PerchError `validation` */
export function idempotencyKeyOf(c: Context): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new PerchError("validation", "Idempotency-Key has 1 to 200 printable ASCII characters", {
      errors: [{ path: "Idempotency-Key", message: "1 to 200 printable ASCII characters" }],
    });
  }
  return key;
}
