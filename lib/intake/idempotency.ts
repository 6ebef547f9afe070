import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Reject } from "../readings/reading.ts";
import { answersOf, deleteAnswers, putAnswer } from "./idempotency_store.ts";

export interface BatchAnswer {
  accepted: number;
  duplicate: number;
  /** What was refused: of many the first `REJECTS_LISTED`. */
  rejected: Reject[];
  /** How many more were refused, when not all are listed. */
  more?: number;
  /** How many items hold something that was refused. */
  refusedItems?: number;
}

export interface IdempotencyKey {
  /** Who uses the key: two clients may choose the same one. */
  scope: string;
  key: string;
  /** Hash of the request: the same key for another body is a mistake. */
  requestHash: string;
}

/** Answers a repeated request with the first answer. Keys live for 24 h. */
export interface Idempotency<Answer = BatchAnswer> {
  /**
   * Runs `work` unless this key was answered before. `work` gets a function that makes the statement which
   * keeps the answer; it must go into the same transaction as what was asked for.
   */
  once(
    request: { idempotency?: IdempotencyKey },
    work: (keep?: (answer: Answer) => SqlStatement) => Promise<Answer>,
  ): Promise<Answer>;
}

/** A clock that is set may be followed by a day at once and another in a day: 24 h are kept all the same. */
export const IDEMPOTENCY_MS = 3 * 24 * 3_600_000;

/** `nowMs`: the trusted time, so that no jump of the clock makes a repeated request a new one. */
export function createIdempotency<Answer = BatchAnswer>(
  deps: { nowMs: () => number; db: Pick<Database, "query"> },
): Idempotency<Answer> {
  const findAnswer = answersOf(deps.db);
  /** Requests under way, so that two at once are one. */
  const running = new Map<string, { requestHash: string; answer: Promise<Answer> }>();

  async function kept(request: IdempotencyKey): Promise<Answer | null> {
    const { scope, key, requestHash } = request;
    const before = await findAnswer({ scope, key }, deps.nowMs() - IDEMPOTENCY_MS);
    if (before === null) return null;
    if (before.requestHash !== requestHash) throw reused(key);
    return before.answer as Answer;
  }

  const keeper = (request: IdempotencyKey) => (answer: Answer) =>
    putAnswer({ ...request, answer }, deps.nowMs());

  return {
    once({ idempotency: request }, work) {
      if (request === undefined) return work();
      const name = JSON.stringify([request.scope, request.key]);
      const under = running.get(name);
      if (under !== undefined) {
        return under.requestHash === request.requestHash
          ? under.answer
          : Promise.reject(reused(request.key));
      }
      const answer = kept(request).then((before) => before ?? work(keeper(request)));
      running.set(name, { requestHash: request.requestHash, answer });
      const forget = () => void running.delete(name);
      answer.then(forget, forget);
      return answer;
    },
  };
}

/** Deletes keys that are not kept any more; called by the house-keeping task. */
export function purgeIdempotency(nowMs: number): SqlStatement {
  return deleteAnswers(nowMs - IDEMPOTENCY_MS);
}

function reused(key: string): PerchError {
  return new PerchError(
    "conflict",
    `Idempotency-Key "${key.slice(0, 80)}" was used within 24 h for another request; ` +
      "use a new key for new content",
  );
}
