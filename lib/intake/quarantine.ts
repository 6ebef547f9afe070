import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { RawBody } from "./intake.ts";
import type { PoisonWatch } from "./poison.ts";
import { busy, type Origin } from "./refusals.ts";
import type { RejectLog } from "./rejects.ts";

const QUARANTINED = "this message crashed Perch while being read";

/** What becomes of a message that ended the process while it was being read. */
export class Quarantine {
  constructor(
    private readonly deps: {
      poison: Pick<PoisonWatch, "begin" | "end" | "setAside">;
      rejects: Pick<RejectLog, "add">;
      clock: Pick<Clock, "now">;
      /** A body was read to its end: there may be room for another. */
      onEnd: () => void;
    },
  ) {}

  /** Counts such a message as refused. */
  count(origin: Origin, payload: Uint8Array): void {
    this.deps.rejects.add({ ...origin, code: "quarantined", message: QUARANTINED, payload });
  }

  /** Reads a body, unless it ended the process before. @throws `busy`, `validation` */
  async careful<T>(body: RawBody, read: () => Promise<T>): Promise<T> {
    const { source, topic, payload } = body;
    const begun = this.deps.poison.begin(topic, payload);
    if (begun.do === "wait") throw busy(false);
    if (begun.do === "aside") {
      const origin = { tsMs: this.deps.clock.now(), source, topic };
      this.count(origin, payload.slice(0, 1_024));
      await this.deps.poison.setAside(begun.id, origin, payload);
      throw new PerchError(
        "validation",
        `${QUARANTINED}; it is in quarantine and is not read again`,
      );
    }
    try {
      return await read();
    } finally {
      if (begun.noted !== null) {
        this.deps.poison.end(begun.noted);
        this.deps.onEnd();
      }
    }
  }
}
