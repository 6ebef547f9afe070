/**
 * Passwords: argon2id in a worker, off the event loop.
 *
 * DESIGN. Hashing costs about 20 MiB and 60-400 ms by intent. One worker hashes one password at a time, so a
 * flood of sign-ins takes at most one core and 20 MiB; at most `queue` wait, the rest get `busy`.
 * The worker is started by the first password and ended after a quiet while: an idle Perch does not carry it.
 */
import { PerchError } from "../base/errors.ts";

export interface PasswordHasher {
  /** PHC string (`$argon2id$v=19$m=…`). @throws PerchError `busy` when too many wait. */
  hash(password: string): Promise<string>;
  /** Takes the same time whether or not `encoded` is null (no such account). @throws PerchError `busy` */
  verify(password: string, encoded: string | null): Promise<boolean>;
  /** Passwords hashed or verified so far, for tests and metrics. */
  count(): number;
  stop(): void;
}

export interface PasswordOptions {
  /** Most passwords waiting (default 16). */
  queue?: number;
  /** The worker ends after this quiet time (default 30 s). */
  idleMs?: number;
}

/** Message to the worker. */
export type PasswordTask =
  | { id: number; op: "hash"; password: string }
  | { id: number; op: "verify"; password: string; encoded: string };
/** Its answer. */
export type PasswordAnswer = { id: number; hash?: string; ok?: boolean; error?: string };

/** Well-formed and matched by no password: what an unknown account is compared with. */
const NOBODY =
  "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBmaXhlZCBzYWx0IQ$c29tZSBmaXhlZCB0ZXh0IG9mIDMyIGJ5dGVzISEhISE";

interface Waiting {
  resolve: (answer: PasswordAnswer) => void;
  reject: (error: unknown) => void;
}

export function createPasswordHasher(options: PasswordOptions = {}): PasswordHasher {
  const queue = options.queue ?? 16;
  const idleMs = options.idleMs ?? 30_000;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let counter = 0;

  function start(): Worker {
    const made = new Worker(new URL("./passwords_worker.ts", import.meta.url), {
      type: "module",
      name: "passwords",
    });
    made.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => {
      const entry = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error === undefined) entry?.resolve(data);
      else entry?.reject(new Error(data.error));
      if (waiting.size === 0) idle = setTimeout(end, idleMs);
    };
    made.onerror = (event) => {
      event.preventDefault();
      end(new Error(`password worker: ${event.message}`));
    };
    return made;
  }

  function end(error: Error = new Error("password worker stopped")): void {
    clearTimeout(idle);
    worker?.terminate();
    worker = null;
    for (const entry of waiting.values()) entry.reject(error);
    waiting.clear();
  }

  function ask(task: Omit<PasswordTask, "id"> & { encoded?: string }): Promise<PasswordAnswer> {
    if (waiting.size >= queue) {
      throw new PerchError("busy", "too many sign-ins at once; try again in a moment", {
        retryAfterS: 2,
      });
    }
    clearTimeout(idle);
    worker ??= start();
    const id = ++counter;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker!.postMessage({ ...task, id });
    });
  }

  return {
    hash: async (password) => (await ask({ op: "hash", password: normal(password) })).hash!,
    async verify(password, encoded) {
      const answer = await ask({
        op: "verify",
        password: normal(password),
        encoded: encoded ?? NOBODY,
      });
      return answer.ok === true && encoded !== null;
    },
    count: () => counter,
    stop: () => end(),
  };
}

/** Keyboards spell the same accented letter in two ways. */
function normal(password: string): string {
  return password.normalize("NFKC");
}
