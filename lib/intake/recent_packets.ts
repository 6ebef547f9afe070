import type { PacketMark } from "../readings/reading.ts";
import type { Packet, RawMessage } from "./intake.ts";

/** Marks kept per session; a broker has at most its in-flight window (≤ 2 000 asked for) unacknowledged. */
const MARKS_PER_SESSION = 4_096;
const SESSIONS = 2_000;

/**
 * Recognises a message that was committed but whose acknowledgement got lost, when nothing in the payload
 * identifies it: same session, same packet id, same content, and the broker says that it sends it again.
 * Only the recent marks of a session count: packet ids are reused.
 */
export class RecentPackets {
  readonly #sessions = new Map<string, Map<number, number>>();

  constructor(recent: Iterable<PacketMark> = []) {
    for (const mark of recent) this.add(mark);
  }

  has({ session, packetId, hash }: PacketMark): boolean {
    return this.#sessions.get(session)?.get(packetId) === hash;
  }

  add({ session, packetId, hash }: PacketMark): void {
    let marks = this.#sessions.get(session);
    if (marks === undefined) {
      if (this.#sessions.size >= SESSIONS) this.#sessions.delete(first(this.#sessions)!);
      this.#sessions.set(session, marks = new Map());
    }
    marks.delete(packetId);
    marks.set(packetId, hash);
    if (marks.size > MARKS_PER_SESSION) marks.delete(first(marks)!);
  }

  /** Takes marks back whose commit failed. */
  remove(marks: readonly PacketMark[]): void {
    for (const { session, packetId, hash } of marks) {
      const kept = this.#sessions.get(session);
      if (kept?.get(packetId) === hash) kept.delete(packetId);
    }
  }
}

/** What a message is recognised by when it comes again in this packet. */
export function markOf(
  packet: Packet | undefined,
  { topic, payload }: Pick<RawMessage, "topic" | "payload">,
): PacketMark | undefined {
  if (packet === undefined) return undefined;
  const { session, packetId } = packet;
  return { session, packetId, hash: contentHash(topic, payload) };
}

function first<K>(map: Map<K, unknown>): K | undefined {
  return map.keys().next().value;
}

/**
 * FNV-1a over topic and payload, 32 bits folded to 16 (http://www.isthe.com/chongo/tech/comp/fnv/). Every
 * mark is written to disk, and it only has to distinguish what one session sends again under one packet id.
 */
function contentHash(topic: string, payload: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topic.length; i++) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let i = 0; i < payload.length; i++) hash = Math.imul(hash ^ payload[i], 0x01000193);
  return (hash ^ (hash >>> 16)) & 0xffff;
}
