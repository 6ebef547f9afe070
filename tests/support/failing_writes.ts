import type { Database } from "../../lib/db/client.ts";

/** A database whose writes can be held back, and fail. */
export interface FailingWrites {
  db: Database;
  /** So many further writes succeed, then one fails. */
  failAfter(writes: number): void;
  /** The next write waits until the function is called; `true` makes it fail. */
  holdNext(): (fail: boolean) => void;
}

export function failingWrites(real: Database): FailingWrites {
  let left = Infinity;
  let held: Promise<boolean> | null = null;
  return {
    db: {
      ...real,
      async write(statements, ...rest) {
        const waiting = held;
        held = null;
        const fail = waiting !== null && await waiting;
        if (fail || left-- === 0) {
          left = Infinity;
          throw new Error("the disk does not answer");
        }
        return await real.write(statements, ...rest);
      },
    },
    failAfter: (writes) => void (left = writes),
    holdNext() {
      let release!: (fail: boolean) => void;
      held = new Promise((resolve) => release = resolve);
      return release;
    },
  };
}
