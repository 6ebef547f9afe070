/*
 * DESIGN
 * A broker sends what it keeps once, with the subscription; the state of a device may so come before the announcement
 * that says how it is read. What came retained and may mean something later is remembered here, within bounds, and
 * read again when topics become known. That an answer is no news is seen where it is taken in (`intake/retained.ts`).
 */
import type { Decoded } from "../../readings/reading.ts";

const MESSAGES_MOST = 4_000;
const BYTES_MOST = 2_000_000;
/** Read again between two turns of the event loop. */
const AT_ONCE = 50;

/** Retained messages of a broker elsewhere, by topic. The oldest are forgotten. */
export class KeptMessages {
  readonly #payloads = new Map<string, Uint8Array>();
  #bytes = 0;

  /** A retained message came, and this was made of it. */
  came(topic: string, payload: Uint8Array, decoded: Pick<Decoded, "drafts" | "by">): void {
    this.#forget(topic);
    // An announcement, or where a device says that it is there: its dialect remembers that itself.
    const understood = decoded.by !== undefined && decoded.drafts.length === 0;
    if (payload.length === 0 || understood || payload.length > BYTES_MOST / 10) return;
    this.#payloads.set(topic, payload.slice());
    this.#bytes += payload.length + topic.length;
    for (const [oldest] of this.#payloads) {
      if (this.#payloads.size <= MESSAGES_MOST && this.#bytes <= BYTES_MOST) break;
      this.#forget(oldest);
    }
  }

  get(topic: string): Uint8Array | undefined {
    return this.#payloads.get(topic);
  }

  #forget(topic: string): void {
    const payload = this.#payloads.get(topic);
    if (payload === undefined) return;
    this.#payloads.delete(topic);
    this.#bytes -= payload.length + topic.length;
  }
}

/** Offers what is kept under topics; stops early when no more is taken. Resolves with what was not offered. */
export async function offerKept(
  topics: Iterable<string>,
  kept: (topic: string) => Uint8Array | undefined,
  offer: (topic: string, payload: Uint8Array) => boolean,
): Promise<string[]> {
  const left: string[] = [];
  let n = 0;
  for (const topic of new Set(topics)) {
    const payload = kept(topic);
    if (payload === undefined) continue;
    if (left.length > 0 || !offer(topic, payload)) left.push(topic);
    if (++n % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return left;
}
