/**
 * A form that one click too many sends twice is done once and answered twice: its second sending is no second
 * opinion, and whoever sent it should not read that they were faster than themselves.
 */

import { createHash } from "node:crypto";

/** What one person sent last. */
interface Last {
  /** Its hash: forms hold passwords. */
  what: string;
  /** Null when it was refused: it may be tried again. */
  answer: Promise<string | null>;
  /** When it was answered; null while it is being done. */
  answeredMs: number | null;
}

/** Longer than a double click and a page that is drawn slowly, shorter than doing the same again on purpose. */
const REPEAT_MS = 2_000;
const MOST_PEOPLE = 1_000;

export interface Repeats {
  /**
   * What `run` gives for `form`, or what it gave when the same person sent the same just now and nothing else since.
   * Only addresses to go on to are given again; a page that is shown once is not.
   */
  once<T>(person: string, form: string, run: () => Promise<string | T>): Promise<string | T>;
}

/** @param nowMs a clock that only goes forward */
export function createRepeats(nowMs: () => number): Repeats {
  const lasts = new Map<string, Last>();
  return {
    async once(person, form, run) {
      const what = createHash("sha256").update(form).digest("base64");
      const before = lasts.get(person);
      if (before?.what === what && (nowMs() - (before.answeredMs ?? nowMs())) < REPEAT_MS) {
        const answer = await before.answer;
        if (answer !== null) return answer;
      }
      const done = run();
      const last: Last = {
        what,
        answer: done.then((answer) => typeof answer === "string" ? answer : null, () => null),
        answeredMs: null,
      };
      lasts.delete(person);
      lasts.set(person, last);
      if (lasts.size > MOST_PEOPLE) lasts.delete(lasts.keys().next().value!);
      void last.answer.then(() => last.answeredMs = nowMs());
      return await done;
    },
  };
}
