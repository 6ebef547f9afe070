import type { DeliveryMark } from "./reading.ts";

/** Marks kept per MQTT session, and of all sessions together. */
export const MARKS_PER_SESSION = 4096;
const MARKS_TOTAL = 65_536;

interface Kept extends DeliveryMark {
  groupId: number;
}

/** The newest delivery marks: per session, and bounded over all. */
export class RecentMarks {
  readonly #bySession = new Map<string, Kept[]>();
  #total = 0;

  add(groupId: number, marks: readonly DeliveryMark[]): void {
    for (const { session, packetId, hash } of marks) {
      const kept = this.#bySession.get(session) ?? [];
      // Re-inserting keeps the map ordered by last use: the first session is the idlest.
      this.#bySession.delete(session);
      this.#bySession.set(session, kept);
      kept.push({ session, packetId, hash, groupId });
      this.#total++;
      // Cut rarely: half a list at once costs little per mark.
      if (kept.length >= MARKS_PER_SESSION * 2) {
        this.#total -= MARKS_PER_SESSION;
        kept.splice(0, MARKS_PER_SESSION);
      }
    }
    while (this.#total > MARKS_TOTAL && this.#bySession.size > 1) this.#dropIdlest();
  }

  /** All marks, oldest first. */
  all(): DeliveryMark[] {
    return [...this.#bySession.values()].flatMap((kept) => kept.slice(-MARKS_PER_SESSION))
      .sort((a, b) => a.groupId - b.groupId)
      .map(({ session, packetId, hash }) => ({ session, packetId, hash }));
  }

  /** Marks that stand in journal rows up to `groupId` only: they are carried over before those go. */
  upTo(groupId: number): DeliveryMark[] {
    return [...this.#bySession.values()]
      .flatMap((kept) => kept.slice(-MARKS_PER_SESSION).filter((m) => m.groupId <= groupId))
      .sort((a, b) => a.groupId - b.groupId)
      .map(({ session, packetId, hash }) => ({ session, packetId, hash }));
  }

  /** Marks up to `groupId` now stand in row `carriedIn`. */
  carried(groupId: number, carriedIn: number): void {
    for (const kept of this.#bySession.values()) {
      for (const mark of kept) if (mark.groupId <= groupId) mark.groupId = carriedIn;
    }
  }

  #dropIdlest(): void {
    const [session, kept] = this.#bySession.entries().next().value!;
    this.#bySession.delete(session);
    this.#total -= kept.length;
  }
}
