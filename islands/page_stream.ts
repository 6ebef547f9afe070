/** What a page needs of an event stream, whoever holds the connection. */
import { fetchOwn } from "./own.ts";

/** What the page hears. */
export interface StreamHearer {
  /** An event as it came; `data` is JSON, or empty. */
  event(type: string, id: string, data: string): void;
  /** The connection broke; it is tried again. */
  lost(): void;
  /** Nobody is signed in any more: the stream has ended. */
  signedOut(): void;
}

export interface PageStream {
  /** Begins, or goes on, after the event `lastId` (`""`: now). */
  open(lastId: string): void;
  /** Nobody looks: the connection is for others. */
  close(): void;
}

/** Whether nobody is signed in any more, or somebody else than the `person` that the page was made for. */
export async function isSignedOut(person: string | null): Promise<boolean> {
  const answer = await fetchOwn("/api/users/me", { headers: { accept: "application/json" } });
  if (!answer.ok) return answer.status === 401;
  return person !== null && (await answer.json()).id !== person;
}

export const FIRST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 10_000;

/** The time until the next attempt: readers that lost their connection together must not reconnect together. */
export function createRetry(): { next(): number; reset(): void } {
  let retryMs = FIRST_RETRY_MS;
  return {
    next() {
      const wait = retryMs * (0.7 + Math.random() * 0.6);
      retryMs = Math.min(retryMs * 2, MOST_RETRY_MS);
      return wait;
    },
    reset: () => void (retryMs = FIRST_RETRY_MS),
  };
}
