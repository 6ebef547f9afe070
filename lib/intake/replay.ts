import { messageOf, PerchError } from "../base/errors.ts";
import type { Decoded, Reject } from "../readings/reading.ts";
import { type DeadLetter, payloadOf } from "./dead_letter.ts";
import { keptOf } from "./refusals.ts";
import type { Intake } from "./intake.ts";

/** What became of a dead letter that was offered again. */
export type ReplayOutcome =
  | { outcome: "stored" | "duplicate" }
  | { outcome: "rejected"; code: string; message: string };

/**
 * Offers dead letters again: MQTT messages by their topic, items of HTTP requests by the request's path.
 * What is refused again is counted but not written to the file a second time.
 */
export function createReplay(deps: {
  intake: Pick<Intake, "offerBatch">;
  /** Reads an MQTT message that came in at `tMs`. */
  decode: (topic: string, payload: Uint8Array, tMs: number) => Decoded | Promise<Decoded>;
  /** Reads an item of an HTTP request of this path; undefined for a path it does not know. */
  decodeHttp: (path: string, item: string) => Decoded | undefined;
}): (letter: DeadLetter) => Promise<ReplayOutcome> {
  async function read(letter: DeadLetter): Promise<Decoded> {
    if (letter.cutFromBytes !== undefined) {
      return refuse("too_large", `only a part of its ${letter.cutFromBytes} bytes was kept`);
    }
    const payload = payloadOf(letter);
    if (!letter.topic.startsWith("/")) {
      return await deps.decode(letter.topic, payload, Date.parse(letter.ts));
    }
    try {
      const item = new TextDecoder("utf-8", { fatal: true }).decode(payload);
      return deps.decodeHttp(letter.topic, item) ??
        refuse("bad_topic", `${letter.topic} takes no readings`);
    } catch (error) {
      return refuse("bad_payload", messageOf(error));
    }
  }

  return async (letter) => {
    const decoded = await read(letter);
    const { drafts } = decoded;
    const source = "replay";
    // A reading without a time of its own belongs to the moment when it came in, not to now. That also makes
    // replaying it twice a duplicate.
    const arrivedMs = Date.parse(letter.ts);
    const dated = Number.isNaN(arrivedMs)
      ? drafts
      : drafts.map(({ noTime: _, ...draft }) => ({ ...draft, tMs: draft.tMs ?? arrivedMs }));
    const answer = await deps.intake.offerBatch({
      source,
      topic: letter.topic,
      ...decoded,
      drafts: dated,
      keepRejects: false,
      original: () => keptOf(payloadOf(letter)),
    });
    const [reject] = answer.rejected;
    if (reject !== undefined) {
      return { outcome: "rejected", code: reject.code, message: reject.message };
    }
    return { outcome: answer.accepted > 0 ? "stored" : "duplicate" };
  };
}

function refuse(code: Reject["code"], message: string): Decoded {
  return { drafts: [], rejects: [{ code, message }] };
}

/** Parses a line of the dead-letter file. Throws PerchError `validation` when it is not one. */
export function parseLetter(line: string): DeadLetter {
  let letter: unknown;
  try {
    letter = JSON.parse(line);
  } catch {
    throw new PerchError("validation", "the line is not JSON");
  }
  const { ts, source, topic } = (letter ?? {}) as Record<string, unknown>;
  if (typeof ts !== "string" || typeof source !== "string" || typeof topic !== "string") {
    throw new PerchError("validation", "the line has no ts, source and topic");
  }
  return letter as DeadLetter;
}
