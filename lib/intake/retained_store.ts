import { createHash } from "node:crypto";
import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, excluded, placeholders, prepared } from "../db/orm.ts";
import { retainedMarks } from "../db/schema/intake.ts";

/*
 * A broker that speaks MQTT 3.1.1 sends every retained message again with each subscription, so at every start of
 * Perch. One that was accepted before is no new reading: which one that was is kept per topic. One that was published
 * while Perch was away is another, and is accepted.
 */

/** Topics whose retained message is remembered. Of further ones only the value is compared. */
const TOPICS_MOST = 50_000;
const HASH_CHARS = 22;

const put = prepared<typeof retainedMarks.$inferSelect>(
  build.insert(retainedMarks).values(placeholders(retainedMarks)).onConflictDoUpdate({
    target: retainedMarks.topic,
    set: excluded(retainedMarks, ["hash", "atMs"]),
  }),
);

export class RetainedMarks {
  readonly #hashes: Map<string, string>;

  constructor(stored: Iterable<readonly [topic: string, hash: string]> = []) {
    this.#hashes = new Map(stored);
  }

  /** Whether this message was accepted before. */
  knows(topic: string, hash: string): boolean {
    return this.#hashes.get(topic) === hash;
  }

  /** What keeps it over a restart; null when there is no room. */
  statement(topic: string, hash: string, nowMs: number): SqlStatement | null {
    if (!this.#hashes.has(topic) && this.#hashes.size >= TOPICS_MOST) return null;
    return put({ topic, hash, atMs: nowMs });
  }

  /** It is on disk. */
  took(topic: string, hash: string): void {
    if (this.#hashes.has(topic) || this.#hashes.size < TOPICS_MOST) this.#hashes.set(topic, hash);
  }
}

export function payloadHash(payload: Uint8Array): string {
  return createHash("sha256").update(payload).digest("base64url").slice(0, HASH_CHARS);
}

export async function loadRetainedMarks(db: Pick<Database, "query">): Promise<RetainedMarks> {
  const rows = await createOrm(db).select().from(retainedMarks);
  return new RetainedMarks(rows.map(({ topic, hash }) => [topic, hash] as const));
}
