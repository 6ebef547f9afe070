import type { SqlStatement } from "../db/client.ts";
import type { PacketMark } from "../readings/reading.ts";
import { GroupBuilder } from "./builder.ts";
import type { BatchAnswer } from "./idempotency.ts";
import type { Noted } from "./in_flight_notes.ts";
import type { Outcome, RawMessage } from "./intake.ts";
import type { RejectRecord } from "./rejects.ts";

/** A request that waits for the commit of its readings, at `[from, to)` of the group. */
export interface WaitingBatch {
  from: number;
  to: number;
  answer: BatchAnswer;
  resolve: (answer: BatchAnswer) => void;
  reject: (error: unknown) => void;
}

/** Everything that will be decided by one commit. */
export class OpenGroup {
  readonly readings: GroupBuilder;
  /** In order of arrival: acknowledgements keep it. `mark`: of one that is known, and stored before. */
  readonly messages: { message: RawMessage; outcome: Outcome; mark?: PacketMark }[] = [];
  readonly batches: WaitingBatch[] = [];
  readonly rejected: RejectRecord[] = [];
  readonly extra: SqlStatement[] = [];
  /** Large messages that are being read until this group is decided on. */
  readonly noted: Noted[] = [];
  /** Messages that go to the quarantine; what is acknowledged must be there. */
  readonly aside: (() => Promise<void>)[] = [];
  /** Retained messages that are accepted: topic and hash of the payload. */
  readonly retained: [topic: string, hash: string][] = [];
  bytes = 0;

  /** Builders are reused between groups, so that their arrays are allocated once. */
  constructor(builder = new GroupBuilder()) {
    this.readings = builder;
  }

  /** Marks whose commit failed: what came again meanwhile, and was known by them, is not stored either. */
  forget(marks: readonly PacketMark[]): void {
    const failed = new Set(marks.map(keyOf));
    for (const one of this.messages) {
      if (one.mark !== undefined && failed.has(keyOf(one.mark))) one.outcome = "failed";
    }
  }

  get empty(): boolean {
    return this.readings.n === 0 && this.messages.length === 0 && this.batches.length === 0;
  }
}

function keyOf({ session, packetId, hash }: PacketMark): string {
  return JSON.stringify([session, packetId, hash]);
}
