import type { PacketMark } from "./reading.ts";

/** Marks kept per MQTT session, and of all sessions together. */
export const MARKS_PER_SESSION = 4096;
const MARKS_TOTAL = 65_536;
const FIRST_CAPACITY = 64;

/** The newest packet marks: per session, and bounded over all. */
export class RecentMarks {
  /** Ordered by last use: the first session is the idlest. */
  readonly #bySession = new Map<string, Ring>();
  #total = 0;

  add(groupId: number, marks: readonly PacketMark[]): void {
    let ring: Ring | null = null;
    for (const { session, packetId, hash } of marks) {
      if (ring?.session !== session) ring = this.#used(session);
      const before = ring.length;
      ring.push(packetId, hash, groupId);
      this.#total += ring.length - before;
    }
    while (this.#total > MARKS_TOTAL && this.#bySession.size > 1) this.#dropIdlest();
  }

  /** All marks, oldest first. */
  all(): PacketMark[] {
    return this.upTo(Infinity);
  }

  /** Marks that stand in journal rows up to `groupId` only: they are carried over before those go. */
  upTo(groupId: number): PacketMark[] {
    const found: (PacketMark & { groupId: number })[] = [];
    for (const ring of this.#bySession.values()) ring.collect(groupId, found);
    return found.sort((a, b) => a.groupId - b.groupId)
      .map(({ session, packetId, hash }) => ({ session, packetId, hash }));
  }

  /** Marks up to `groupId` now stand in row `carriedIn`. */
  carried(groupId: number, carriedIn: number): void {
    for (const ring of this.#bySession.values()) ring.carried(groupId, carriedIn);
  }

  #used(session: string): Ring {
    const ring = this.#bySession.get(session) ?? new Ring(session);
    this.#bySession.delete(session);
    this.#bySession.set(session, ring);
    return ring;
  }

  #dropIdlest(): void {
    const [session, ring] = this.#bySession.entries().next().value!;
    this.#bySession.delete(session);
    this.#total -= ring.length;
  }
}

/** The newest marks of one session; grows up to `MARKS_PER_SESSION` and then overwrites the oldest. */
class Ring {
  length = 0;
  #next = 0;
  #packetId = new Uint16Array(FIRST_CAPACITY);
  #hash = new Uint16Array(FIRST_CAPACITY);
  #group = new Float64Array(FIRST_CAPACITY);

  constructor(readonly session: string) {}

  push(packetId: number, hash: number, groupId: number): void {
    const capacity = this.#group.length;
    if (this.length === capacity && capacity < MARKS_PER_SESSION) this.#grow(capacity * 2);
    const at = this.#next;
    this.#packetId[at] = packetId;
    this.#hash[at] = hash;
    this.#group[at] = groupId;
    this.#next = (at + 1) % this.#group.length;
    if (this.length < this.#group.length) this.length++;
  }

  collect(upTo: number, into: (PacketMark & { groupId: number })[]): void {
    for (let i = 0; i < this.length; i++) {
      const at = this.#at(i);
      const groupId = this.#group[at];
      if (groupId > upTo) continue;
      into.push({
        session: this.session,
        packetId: this.#packetId[at],
        hash: this.#hash[at],
        groupId,
      });
    }
  }

  carried(upTo: number, carriedIn: number): void {
    for (let i = 0; i < this.length; i++) {
      const at = this.#at(i);
      if (this.#group[at] <= upTo) this.#group[at] = carriedIn;
    }
  }

  /** Place of the `i`-th oldest mark. */
  #at(i: number): number {
    const capacity = this.#group.length;
    return (this.#next - this.length + i + capacity) % capacity;
  }

  /** Only called while nothing was overwritten: the order in the arrays is the order of arrival. */
  #grow(capacity: number): void {
    const packetId = new Uint16Array(capacity);
    const hash = new Uint16Array(capacity);
    const group = new Float64Array(capacity);
    packetId.set(this.#packetId);
    hash.set(this.#hash);
    group.set(this.#group);
    this.#packetId = packetId;
    this.#hash = hash;
    this.#group = group;
    this.#next = this.length;
  }
}
