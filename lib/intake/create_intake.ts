import type { Clock } from "../base/clock.ts";
import type { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Arrival } from "../base/steady_clock.ts";
import type { Database } from "../db/client.ts";
import type { Registry } from "../machines/registry.ts";
import { addReject, type Decoded, type PacketMark, type Reject } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { Admission } from "./admission.ts";
import type { ClockNotes } from "./clock_notes.ts";
import type { CommittedGroup } from "./committed.ts";
import { CommitTimer } from "./commit_timer.ts";
import { Committer } from "./committer.ts";
import type { DeadLetterFile } from "./dead_letter.ts";
import { markOf, RecentPackets } from "./recent_packets.ts";
import { type BatchAnswer, createIdempotency } from "./idempotency.ts";
import type {
  BatchOutcome,
  Decode,
  DraftBatch,
  Intake,
  RawMessage,
  StoredReadings,
} from "./intake.ts";
import { OpenGroup } from "./open_group.ts";
import {
  busy,
  faultsOf,
  type Kept,
  keptOf,
  recordOf,
  type Refusals,
  refusalsOf,
  refusedMessages,
} from "./refusals.ts";
import { Quarantine } from "./quarantine.ts";
import type { PoisonWatch } from "./poison.ts";
import type { RejectLog } from "./rejects.ts";
import { RetainedCheck } from "./retained.ts";
import type { RetainedMarks } from "./retained_store.ts";

/*
 * DESIGN
 * A message is decoded when it is offered, straight into the columns of the open group: there is no queue
 * of raw messages that could grow. The open group is bounded; when it is full, `offer` returns false. One group
 * is being committed at a time, the next one fills meanwhile. A group is committed
 *  - when a source reports that its in-flight window is full, or the group has GROUP_READINGS or 1 MB: at once;
 *  - when nothing was committed for a commit interval: after a short linger, so that readings that arrive
 *    together share a commit;
 *  - else when the commit interval since the last commit is over.
 * Dead letters are written before COMMIT; after it messages are acknowledged in order of arrival and the
 * group is published (`committer.ts`).
 * Everything in this file works on the open group, between two turns of the event loop; what does not is in
 * files of its own. That is why it is longer than others.
 */

export interface IntakeDeps {
  clock: Clock;
  /** The time of what comes without one; default the clock's, never suspect. */
  arrival?: () => Arrival;
  /** The time by which requests are remembered; it must not jump. Default the clock's. */
  trustedMs?: () => number;
  log: Log;
  store: Pick<ReadingsStore, "append" | "recentPackets">;
  db: Pick<Database, "query">;
  registry: Registry;
  decode: Decode;
  rejects: RejectLog;
  deadLetters: DeadLetterFile;
  /** Knows the messages that ended the process. */
  poison: Pick<PoisonWatch, "begin" | "end" | "setAside">;
  /** Devices whose times are not believed. */
  clockNotes: ClockNotes;
  /** Retained messages that were accepted before. */
  retained: RetainedMarks;
  publish: (group: CommittedGroup) => void;
  /** Why no reading can be stored at the moment (no room, a failing disk); null: it can. */
  refusal?: () => PerchError | null;
  /** Why no reading is to be taken at the moment, although it could be stored; null: it is. */
  paused?: () => PerchError | null;
  /** Time between commits in ms; 0 commits whenever the commit before is done. */
  commitIntervalMs: number;
}

/** Readings that make a group worth committing at once: half of a wide in-flight window. */
const GROUP_READINGS = 512;
const GROUP_BYTES = 1024 * 1024;
const OPEN_READINGS_MOST = 20_000;
const OPEN_BYTES_MOST = 8 * 1024 * 1024;
/** What a message takes beside its payload while it waits. */
const MESSAGE_BYTES = 128;

const ALREADY_NOTED = { do: "read", noted: null } as const;
const NONE: ReadonlySet<number> = new Set();
const FIRST: ReadonlySet<number> = new Set([0]);

/** Creates the intake; it starts working with the first offer. */
export async function createIntake(deps: IntakeDeps): Promise<Intake> {
  const { poison } = deps;
  const arrivalNow = deps.arrival ?? (() => ({ tMs: clock.now(), suspect: false }));
  const { clock, registry, decode, rejects, clockNotes } = deps;
  const recent = new RecentPackets(await deps.store.recentPackets());
  const idempotency = createIdempotency({ db: deps.db, nowMs: deps.trustedMs ?? clock.now });
  const cannot = deps.refusal ?? (() => null);
  const refusal = () => cannot() ?? deps.paused?.() ?? null;
  const roomListeners = new Set<() => void>();
  const totals = {
    stored: 0,
    duplicate: 0,
    messages: 0,
    partly: 0,
    groups: 0,
    refusedFull: 0,
  };

  let open = new OpenGroup();
  let committing: Promise<void> | null = null;
  let closed = false;
  let wanted = false;
  let wasFull = false;

  const admission = new Admission(registry, clockNotes);
  const retainedCheck = new RetainedCheck(deps.retained, registry);
  const quarantine = new Quarantine({ poison, rejects, clock, onEnd: announceRoom });
  const timer = new CommitTimer(clock, deps.commitIntervalMs, commit);
  const committer = new Committer({
    ...deps,
    recent,
    totals,
    forget: (marks) => open.forget(marks),
  });

  function full(): boolean {
    return open.readings.n >= OPEN_READINGS_MOST || open.bytes >= OPEN_BYTES_MOST;
  }

  function refuse(): false {
    totals.refusedFull++;
    wasFull = true;
    return false;
  }

  /** Counts and keeps what was refused of a message; `storedAt`: positions of which something was stored. */
  function refused(
    { source, topic, keepRejects = true }: Pick<DraftBatch, "source" | "topic" | "keepRejects">,
    arrivalMs: number,
    refusals: Refusals,
    storedAt: ReadonlySet<number>,
    kept: Kept,
  ): void {
    const messages = refusedMessages(refusals, storedAt);
    if (messages.size === 0) totals.partly++;
    // Its time is that of its readings: offered again, they are known.
    const record = recordOf({ tsMs: arrivalMs, source, topic }, refusals, kept);
    rejects.add(record, messages);
    if (keepRejects) open.rejected.push(record);
    open.bytes += kept.payload.length + MESSAGE_BYTES;
  }

  function offer(message: RawMessage): boolean {
    if (closed || full() || refusal() !== null) return refuse();
    const { topic, payload } = message;
    const mark = markOf(message.packet, message);
    const first = markOf(message.first, message);
    const known = knownOf(message, mark, first);
    if (known !== undefined) {
      totals.duplicate++;
      open.messages.push({ message, outcome: "stored", mark: known });
      kick();
      return true;
    }
    const arrival = message.arrival ?? arrivalNow();
    const begun = message.decoded ? ALREADY_NOTED : poison.begin(topic, payload);
    if (begun.do === "wait") return refuse();
    if (begun.do === "aside") {
      setAside(message, arrival.tMs, begun.id);
      return true;
    }
    const { noted } = begun;
    const retained = message.retained === true;
    const decoded = message.decoded ?? decode(topic, payload, retained, arrival.tMs);
    const isNew = !retained ||
      retainedCheck.isNew(message, decoded, arrival.tMs, open, committer.underWay);
    if (isNew === "wait") {
      if (noted !== null) poison.end(noted);
      return refuse();
    }
    if (isNew) addMessage(message, decoded, arrival, mark, first);
    else open.messages.push({ message, outcome: "stored" });
    if (noted !== null) open.noted.push(noted);
    kick();
    return true;
  }

  /** Adds what a message holds to the open group; what it holds wrongly is refused. */
  function addMessage(
    message: RawMessage,
    decoded: Decoded,
    arrival: Arrival,
    mark: PacketMark | undefined,
    first: PacketMark | undefined,
  ): void {
    const { source, payload, retained } = message;
    let needsMark = false;
    let stored = false;
    for (const draft of decoded.drafts) {
      const added = admission.add(open.readings, draft, arrival, source, retained);
      if (typeof added === "object") {
        if (added.code !== "no_value") addReject(decoded, added);
      } else {
        stored = true;
        needsMark ||= added;
      }
    }
    if (stored) totals.messages++;
    const wrong = faultsOf(decoded);
    if (wrong.rejects.length > 0) {
      const wholly = { ...refusalsOf(wrong), positions: [0] };
      refused(message, arrival.tMs, wholly, stored ? FIRST : NONE, keptOf(payload));
    }
    if (needsMark) {
      remember(mark);
      remember(first);
    }
    open.bytes += payload.length + MESSAGE_BYTES;
    const fine = stored || wrong.rejects.length === 0;
    open.messages.push({ message, outcome: fine ? "stored" : "rejected" });
  }

  /** The mark by which a message is known to be committed before. */
  function knownOf(
    { packet, first }: RawMessage,
    mark: PacketMark | undefined,
    firstMark: PacketMark | undefined,
  ): PacketMark | undefined {
    if (mark !== undefined && packet!.again && recent.has(mark)) return mark;
    return firstMark !== undefined && first!.again && recent.has(firstMark) ? firstMark : undefined;
  }

  function remember(mark: PacketMark | undefined): void {
    if (mark === undefined) return;
    recent.add(mark);
    open.readings.mark(mark);
  }

  /** A message that ended the process is acknowledged, as refused, once it is in the quarantine. */
  function setAside(message: RawMessage, arrivalMs: number, id: string): void {
    const { source, topic, payload } = message;
    const origin = { tsMs: arrivalMs, source, topic };
    quarantine.count(origin, payload);
    open.messages.push({ message, outcome: "rejected" });
    open.aside.push(() => poison.setAside(id, origin, payload));
    open.bytes += payload.length + MESSAGE_BYTES;
    kick();
  }

  function offerBatch(batch: DraftBatch): Promise<BatchOutcome> {
    return idempotency.once(batch, (statement) =>
      new Promise((resolve, reject) => {
        const fault = refusal() ?? (closed || full() ? busy(closed) : null);
        if (fault !== null) {
          refuse();
          return reject(fault);
        }
        const arrival = arrivalNow();
        const from = open.readings.n;
        const late: Omit<Decoded, "drafts"> = { rejects: [] };
        /** Positions of which something is stored, in order. */
        const storedAt: number[] = [];
        const stored = (index: number) => {
          if (storedAt[storedAt.length - 1] !== index) storedAt.push(index);
        };
        const isNoReading = (reject: Reject) => addReject(late, reject);
        admission.addBatch(open.readings, batch, arrival, stored, isNoReading);
        totals.messages += storedAt.length;
        const refusals = refusalsOf(batch, late);
        const answer: BatchAnswer = { accepted: 0, duplicate: 0, rejected: refusals.listed };
        if (refusals.more > 0) answer.more = refusals.more;
        if (refusals.listed.length > 0) answer.refusedItems = refusals.positions.length;
        const wrong = refusalsOf(faultsOf(batch), faultsOf(late));
        if (wrong.listed.length > 0) {
          const kept = batch.original?.(wrong.positions) ?? { payload: new Uint8Array() };
          refused(batch, arrival.tMs, wrong, new Set(storedAt), kept);
        }
        answer.accepted = open.readings.n - from;
        open.bytes += answer.accepted * 32;
        const extra = statement?.(answer);
        if (extra) open.extra.push(extra);
        open.batches.push({ from, to: open.readings.n, answer, resolve, reject });
        kick();
      }));
  }

  function offerStored({ extra, ...readings }: StoredReadings): Promise<BatchOutcome> {
    return new Promise((resolve, reject) => {
      const fault = refusal() ?? (closed || full() ? busy(closed) : null);
      if (fault !== null) {
        refuse();
        return reject(fault);
      }
      const from = open.readings.n;
      open.readings.addStored(readings);
      const accepted = open.readings.n - from;
      totals.messages += accepted;
      open.bytes += accepted * 32;
      open.extra.push(...extra);
      const answer: BatchAnswer = { accepted, duplicate: 0, rejected: [] };
      open.batches.push({ from, to: open.readings.n, answer, resolve, reject });
      kick();
    });
  }

  /** Commits now, soon or later; called after everything that changes the open group. */
  function kick(): void {
    if (committing !== null || open.empty) return;
    const many = open.readings.n >= GROUP_READINGS || open.bytes >= GROUP_BYTES;
    if (wanted || many) timer.now();
    else timer.soon();
  }

  function commit(): void {
    timer.reached();
    if (committing !== null || open.empty) return;
    const group = open;
    const readings = group.readings.take();
    open = new OpenGroup(group.readings);
    wanted = false;
    timer.begun();
    committing = committer.commit(group, readings).finally(() => {
      committing = null;
      for (const noted of group.noted) poison.end(noted);
      announceRoom();
      kick();
    });
    announceRoom();
  }

  function announceRoom(): void {
    if (!wasFull || refusal() !== null) return;
    wasFull = false;
    for (const listener of roomListeners) listener();
  }

  return {
    offer,
    careful: (body, read) => quarantine.careful(body, read),
    offerBatch,
    offerStored,
    commitSoon() {
      wanted = !open.empty;
      kick();
    },
    worksAgain() {
      committer.failing = null;
      announceRoom();
    },
    onRoom(listener) {
      roomListeners.add(listener);
      return () => roomListeners.delete(listener);
    },
    stats: () => ({
      ...totals,
      rejected: rejects.total(),
      failing: cannot()?.message ?? committer.failing,
      queued: open.readings.n,
      queuedBytes: open.bytes,
      ratePerS: committer.ratePerS(),
    }),
    async close() {
      closed = true;
      timer.stop();
      while (committing !== null || !open.empty) {
        commit();
        await committing;
      }
    },
  };
}
