import type { Clock } from "../../lib/base/clock.ts";

/** A page does not wait longer for a name to be known. */
const MOST_MS = 2_000;

/**
 * The address that the page of a camera or a probe asks to allow; null: none, or it is not known now. The page is where an
 * address that nobody may connect to (any more) is corrected, so it never fails because of one.
 */
export async function addressToAsk(
  of: { asks(id: string): Promise<string | null> },
  id: string,
  clock: Pick<Clock, "sleep">,
): Promise<string | null> {
  const done = new AbortController();
  const late = clock.sleep(MOST_MS, done.signal).then(() => null, () => null);
  try {
    return await Promise.race([of.asks(id), late]);
  } catch {
    return null;
  } finally {
    done.abort();
  }
}
