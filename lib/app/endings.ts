import type { Log } from "../base/log.ts";

/** What has to end when Perch does: each part adds how it ends, and the latest is ended first. */
export interface Endings {
  add(end: () => void | Promise<void>): void;
  /** Ends all of them; one that fails does not keep the others from it. */
  run(): Promise<void>;
}

export function createEndings(log: Log): Endings {
  const endings: (() => void | Promise<void>)[] = [];
  return {
    add: (end) => void endings.push(end),
    async run() {
      for (const end of endings.splice(0).reverse()) {
        try {
          await end();
        } catch (error) {
          log.warn("a part did not end cleanly", { error });
        }
      }
    },
  };
}
