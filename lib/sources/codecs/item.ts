import type { Noted } from "../../intake/in_flight_notes.ts";
import type { Outcome, Packet, RawMessage } from "../../intake/intake.ts";
import type { Decoded, RejectCode } from "../../readings/reading.ts";
import type { ScriptAnswer, ScriptFault } from "../../scripts/script.ts";
import type { FailureJudge } from "./judge.ts";
import type { Spooled } from "./spool_record.ts";
import { CODEC_BINARY_MOST, CODEC_BYTES_MOST, decodedOf } from "./values.ts";

/** A message on its way through a codec. */
export interface Item {
  record: Spooled;
  /** Its number in the spool; null: it is not there, and not acknowledged. */
  seq: number | null;
  /** When it came (monotonic). */
  cameMs: number;
  /** A large one is noted until it is decided on. */
  noted: Noted | null;
  /** It is not given to the codec: null where it ended the process before, else why it is refused. */
  instead?: Decoded | null;
  done(outcome: Outcome): void;
}

/** One that failed. */
export interface Suspect {
  item: Item;
  fault: ScriptFault;
}

/** An item with what goes to the intake; `decoded` null: as it came. */
export interface Ready {
  item: Item;
  decoded: Decoded | null;
}

export interface Judged {
  /** In order. */
  ready: Ready[];
  /** Failed, and nothing has worked since. */
  suspects: Suspect[];
  /** The codec does not go on with what is left: `rest`, in order, behind the suspects. */
  pause: { why: string; fault: ScriptFault } | null;
  rest: Item[];
  /** What failed now. */
  faults: Suspect[];
}

/**
 * What becomes of messages by a codec's answers to them. One that failed is refused once another has worked after it;
 * until then it may be the codec that is broken.
 * @param before suspects from before
 * @param pathOf the path of a topic
 */
export function judged(
  items: readonly Item[],
  answers: readonly ScriptAnswer[],
  judge: FailureJudge,
  before: readonly Suspect[],
  pathOf: (topic: string) => string,
): Judged {
  const out = { ready: [] as Ready[], faults: [] as Judged["faults"] };
  let suspects = [...before];
  let next = 0;
  for (const [i, item] of items.entries()) {
    if (item.instead !== undefined) {
      out.ready.push({ item, decoded: item.instead });
      continue;
    }
    const answer = answers[next++];
    const read = "fault" in answer ? answer.fault : decodedOf(answer.ok, pathOf(item.record.topic));
    if ("drafts" in read) {
      judge.worked();
      out.ready.push(...suspects.map((one) => ({ ...one, decoded: refusal(one.fault) })));
      suspects = [];
      out.ready.push({ item, decoded: read });
      continue;
    }
    out.faults.push({ item, fault: read });
    const why = judge.failed(read);
    if (why !== null) {
      return { ...out, suspects, pause: { why, fault: read }, rest: items.slice(i) };
    }
    suspects.push({ item, fault: read });
  }
  return { ...out, suspects, pause: null, rest: [] };
}

/** What a message holds that a codec could not read, for the dead-letter file. */
export function refusal({ message, line }: ScriptFault): Decoded {
  return refused("bad_payload", `the codec: ${message}${line === null ? "" : ` (line ${line})`}`);
}

function refused(code: RejectCode, message: string): Decoded {
  return { drafts: [], rejects: [{ code, message }] };
}

/** Most values that go into the intake at a time: thousands in one commit would keep others waiting. */
const PART = 500;

/** As the intake takes it: one message, or several of a part of its values each, all of which have to be stored. */
export function messagesFor(codec: string, { item, decoded }: Ready): RawMessage[] {
  const { record, seq } = item;
  const message: RawMessage = { ...record, done: (outcome) => item.done(outcome) };
  if (seq !== null) {
    message.first = record.packet;
    // It may have been stored just before a crash.
    message.packet = { session: `spool:${codec}`, packetId: seq % 0xffff + 1, again: true };
  }
  if (decoded === null) return [message];
  const { drafts } = decoded;
  // A retained one is compared with what its sensors report, as a whole.
  if (drafts.length <= PART || record.retained) return [{ ...message, decoded }];
  const starts = Array.from({ length: Math.ceil(drafts.length / PART) }, (_, i) => i * PART);
  let [failed, stored] = [false, false];
  const last = starts.at(-1)!;
  return starts.map((start): RawMessage => ({
    ...message,
    ...(start === last ? {} : ofPart(message, start)),
    decoded: {
      ...(start === last ? decoded : { rejects: [] }),
      drafts: drafts.slice(start, start + PART),
    },
    done(outcome) {
      failed ||= outcome === "failed";
      stored ||= outcome === "stored";
      if (start === last) item.done(failed ? "failed" : stored ? "stored" : outcome);
    },
  }));
}

/** Each part is recognised for itself when it comes again. */
function ofPart(
  { packet, first }: RawMessage,
  start: number,
): Pick<RawMessage, "packet" | "first"> {
  const of = (one: Packet | undefined) => one && { ...one, session: `${one.session}#${start}` };
  return { packet: of(packet), first: of(first) };
}

/** Why a message is not given to a codec; undefined: it is. */
export function tooLarge({ length }: Uint8Array, binary: boolean): Decoded | undefined {
  const most = binary ? CODEC_BINARY_MOST : CODEC_BYTES_MOST;
  if (length <= most) return undefined;
  return refused("too_large", `the payload has more than the ${most} bytes that a codec is given`);
}
