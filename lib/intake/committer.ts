import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Registry } from "../machines/registry.ts";
import { isPast, type PacketMark, type ReadingGroup } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { ClockNotes } from "./clock_notes.ts";
import { type CommittedGroup, committedGroup } from "./committed.ts";
import type { DeadLetterFile } from "./dead_letter.ts";
import type { RecentPackets } from "./recent_packets.ts";
import type { OpenGroup } from "./open_group.ts";
import { RateMeter } from "./rate.ts";
import type { RetainedMarks } from "./retained_store.ts";

const LOG_FAILURE_MS = 60_000;

export interface CommitterDeps {
  clock: Clock;
  log: Log;
  store: Pick<ReadingsStore, "append">;
  registry: Registry;
  deadLetters: DeadLetterFile;
  clockNotes: ClockNotes;
  retained: RetainedMarks;
  recent: RecentPackets;
  /** Counts since the start. */
  totals: { stored: number; duplicate: number; groups: number };
  /** These marks were not stored: what the open group knows by them is not either. */
  forget: (marks: readonly PacketMark[]) => void;
  publish: (group: CommittedGroup) => void;
}

/** Stores a group in one transaction, then answers everybody who waits for it. */
export class Committer {
  /** What is being committed, and may still fail. */
  underWay: Pick<ReadingGroup, "sensor"> | null = null;
  /** Why the last commit failed; null: it did not. */
  failing: string | null = null;
  readonly #rate = new RateMeter();
  #loggedMs = -Infinity;

  constructor(private readonly deps: CommitterDeps) {}

  async commit(group: OpenGroup, readings: ReadingGroup): Promise<void> {
    try {
      await this.#write(group, readings);
    } finally {
      this.underWay = null;
    }
  }

  ratePerS(): number {
    return this.#rate.perSecond(this.deps.clock.monotonic());
  }

  async #write(group: OpenGroup, readings: ReadingGroup): Promise<void> {
    const { store, registry, clockNotes, deadLetters, recent } = this.deps;
    const statements = [...registry.takePending(), ...clockNotes.takePending(), ...group.extra];
    this.underWay = readings;
    const marks = readings.packets;
    if (group.rejected.length > 0) await deadLetters.append(group.rejected);
    let groupId = 0;
    let duplicate: Uint8Array | null = null;
    const writes = readings.n > 0 || statements.length > 0;
    if (writes || group.aside.length > 0) {
      try {
        for (const aside of group.aside) await aside();
        if (writes) ({ groupId, duplicate } = await store.append(readings, statements));
      } catch (error) {
        registry.failed(statements.slice(0, statements.length - group.extra.length));
        recent.remove(marks);
        this.deps.forget(marks);
        return this.#failed(group, error);
      }
    }
    for (const [topic, hash] of group.retained) this.deps.retained.took(topic, hash);
    registry.committed();
    this.#succeeded(group, committedGroup(groupId, readings, duplicate), duplicate);
  }

  #succeeded(group: OpenGroup, done: CommittedGroup, duplicate: Uint8Array | null): void {
    const { clock, registry, totals } = this.deps;
    this.failing = null;
    totals.groups++;
    totals.stored += done.n;
    if (duplicate !== null) totals.duplicate += duplicate.length - done.n;
    this.#rate.add(done.n, clock.monotonic());
    const nowMs = clock.now();
    for (let i = 0; i < done.n; i++) {
      if (!isPast(done.flags[i])) registry.seen(done.sensor[i], done.tMs[i], done.value[i], nowMs);
    }
    for (const { message, outcome } of group.messages) message.done(outcome);
    for (const { from, to, answer, resolve } of group.batches) {
      for (let i = from; duplicate !== null && i < to; i++) answer.duplicate += duplicate[i];
      answer.accepted -= answer.duplicate;
      resolve(answer);
    }
    if (done.n > 0) this.deps.publish(done);
  }

  #failed(group: OpenGroup, error: unknown): void {
    const { clock, log } = this.deps;
    // A sender that tries again and again meets the same failure each time.
    if (clock.monotonic() - this.#loggedMs >= LOG_FAILURE_MS) {
      this.#loggedMs = clock.monotonic();
      log.error("readings could not be stored and are not acknowledged", { error });
    }
    this.failing = messageOf(error);
    for (const { message } of group.messages) message.done("failed");
    for (const { reject } of group.batches) reject(error);
  }
}
