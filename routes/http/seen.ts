import type { Seen } from "../../lib/access/audit_row.ts";
import { PerchError } from "../../lib/base/errors.ts";

/** Number of the newest change that the caller knows of: in answers, and sent back with a change. */
const SEEN_HEADER = "perch-seen";

/** The number that the caller sends back; undefined: none. */
export function seenOf(headers: Headers): number | undefined {
  const given = headers.get(SEEN_HEADER);
  if (given === null) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new PerchError(
    "bad_request",
    `the header Perch-Seen is "${given.slice(0, 40)}": give the number of an earlier answer`,
  );
}

/** With an answer goes what its reader has seen, their own change included. */
export function sendSeen(answer: Response, seen: Seen): void {
  const number = Math.max(seen.number, ...seen.own.values());
  try {
    answer.headers.set(SEEN_HEADER, String(number));
  } catch {
    // Headers of a response that came from elsewhere are immutable.
  }
}
