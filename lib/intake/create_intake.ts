import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Arrival } from "../base/steady_clock.ts";
import type { Database } from "../db/client.ts";
import type { Registry } from "../machines/registry.ts";
import {
  addReject,
  type Decoded,
  type Draft,
  type ReadingGroup,
  type Reject,
} from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { ClockNotes } from "./clock_notes.ts";
import { type CommittedGroup, committedGroup } from "./committed.ts";
import type { DeadLetterFile } from "./dead_letter.ts";
import { contentHash, RecentDeliveries } from "./deliveries.ts";
import { clockFault, noTimeFault } from "./device_time.ts";
import { type BatchAnswer, createIdempotency } from "./idempotency.ts";
import type { BatchOutcome, Decode, DraftBatch, Intake, RawBody, RawMessage } from "./intake.ts";
import { OpenGroup } from "./open_group.ts";
import { RateMeter } from "./rate.ts";
import {
  faultsOf,
  type Kept,
  keptOf,
  type Origin,
  recordOf,
  type Refusals,
  refusalsOf,
  refusedMessages,
} from "./refusals.ts";
import type { PoisonWatch } from "./poison.ts";
import type { RejectLog } from "./rejects.ts";
import { payloadHash, type RetainedMarks } from "./retained_store.ts";

/*
 * DESIGN
 * A message is decoded when it is offered, straight into the columns of the open group: there is no queue
 * of raw messages that could grow. The open group is bounded; when it is full, `offer` says so. One group
 * is being committed at a time, the next one fills meanwhile. A group is committed
 *  - when a source says that its in-flight window is full, or the group has GROUP_READINGS or 1 MB: at once;
 *  - when nothing was committed for a commit interval: after a short linger, so that readings that arrive
 *    together share a commit;
 *  - else when the commit interval since the last commit is over.
 * After COMMIT: dead letters are written, messages acknowledged in order of arrival, the group published.
 */

export interface IntakeDeps {
  clock: Clock;
  /** The time of what comes without one; default the clock's, never suspect. */
  arrival?: () => Arrival;
  /** The time by which requests are remembered; it must not jump. Default the clock's. */
  trustedMs?: () => number;
  log: Log;
  store: Pick<ReadingsStore, "append" | "recentDeliveries">;
  db: Pick<Database, "query">;
  registry: Registry;
  decode: Decode;
  rejects: RejectLog;
  deadLetters: DeadLetterFile;
  /** Knows the messages that ended the process. */
  poison: Pick<PoisonWatch, "begin" | "end" | "setAside">;
  /** Devices whose times are not believed. */
  clockNotes: ClockNotes;
  /** Retained messages that were taken before. */
  retained: RetainedMarks;
  publish: (group: CommittedGroup) => void;
  /** Why no reading can be stored at the moment (no room, a failing disk); null: it can. */
  refusal?: () => PerchError | null;
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
const LINGER_MS = 4;
const QUARANTINED = "this message ended Perch while it was being read";
const TELL_FAILURE_MS = 60_000;

const NONE: ReadonlySet<number> = new Set();
const FIRST: ReadonlySet<number> = new Set([0]);

/** Creates the intake; it starts working with the first offer. */
export async function createIntake(deps: IntakeDeps): Promise<Intake> {
  const { poison } = deps;
  const arrivalNow = deps.arrival ?? (() => ({ tMs: clock.now(), suspect: false }));
  const {
    clock,
    log,
    store,
    registry,
    decode,
    rejects,
    deadLetters,
    clockNotes,
    retained,
    publish,
  } = deps;
  const recent = new RecentDeliveries(await store.recentDeliveries());
  const idempotency = createIdempotency({ db: deps.db, nowMs: deps.trustedMs ?? clock.now });
  const rate = new RateMeter();
  const refusal = deps.refusal ?? (() => null);
  const roomListeners = new Set<() => void>();
  const totals = {
    stored: 0,
    duplicate: 0,
    messages: 0,
    partly: 0,
    groups: 0,
    refusedFull: 0,
  };
  const lingerMs = Math.min(LINGER_MS, deps.commitIntervalMs / 10);

  let open = new OpenGroup();
  let committing: Promise<void> | null = null;
  /** What is being committed. */
  let underWay: Pick<ReadingGroup, "sensor"> | null = null;
  let closed = false;
  let failing: string | null = null;
  let toldFailureMs = -Infinity;
  let wanted = false;
  let wasFull = false;
  let lastCommitMs = -Infinity;
  let wake: AbortController | null = null;
  let wakeAtMs = Infinity;

  function full(): boolean {
    return open.readings.n >= OPEN_READINGS_MOST || open.bytes >= OPEN_BYTES_MOST;
  }

  function refuse(): void {
    totals.refusedFull++;
    wasFull = true;
  }

  /**
   * Adds a draft to the open group, or says why it cannot be stored.
   * True when nothing but its delivery identifies the reading (neither time nor seq).
   */
  function take(
    draft: Draft,
    arrival: Arrival,
    source: string,
  ): boolean | Omit<Reject, "index"> {
    const { value, tMs, noTime } = draft;
    if (typeof value === "number" && !Number.isFinite(value)) {
      return {
        code: "bad_value",
        message: `the value of ${draft.sensor} is ${value}; a finite number is needed`,
      };
    }
    if (draft.seq !== undefined && !Number.isSafeInteger(draft.seq)) {
      return {
        code: "bad_value",
        message: `seq ${draft.seq} of ${draft.sensor} is not a whole number`,
      };
    }
    const resolved = registry.resolve(draft);
    if (!resolved.ok) return { code: resolved.code, message: resolved.message };
    const { num, machine } = resolved.sensor;
    const fault = tMs === undefined
      ? noTime === undefined ? null : noTimeFault(noTime)
      : clockFault(tMs, arrival.suspect ? null : arrival.tMs, draft.index === undefined);
    if (fault === null) {
      return open.readings.add(num, resolved.value, tMs, draft.seq, arrival);
    }
    clockNotes.add({ machine, source, fault, tMs, written: noTime }, arrival.tMs);
    return open.readings.add(num, resolved.value, undefined, draft.seq, arrival, true);
  }

  /** Counts and keeps what was refused of a message; `taken`: positions of which something was stored. */
  function refused(
    { source, topic, keepRejects = true }: Pick<DraftBatch, "source" | "topic" | "keepRejects">,
    arrivalMs: number,
    refusals: Refusals,
    taken: ReadonlySet<number>,
    kept: Kept,
  ): void {
    const messages = refusedMessages(refusals, taken);
    if (messages.size === 0) totals.partly++;
    // Its time is that of its readings: offered again, they are known.
    const record = recordOf({ tsMs: arrivalMs, source, topic }, refusals, kept);
    rejects.add(record, messages);
    if (keepRejects) open.rejected.push(record);
    open.bytes += kept.payload.length + MESSAGE_BYTES;
  }

  /**
   * Whether a message that its broker had kept is a new one: neither that which was taken before, nor, the
   * first time that it comes as a retained one, what its sensors say already. `wait`: that depends on a commit
   * which may still fail.
   */
  function takeRetained(
    { topic, payload }: RawMessage,
    drafts: readonly Draft[],
    nowMs: number,
  ): boolean | "wait" {
    const hash = payloadHash(payload);
    if (retained.knows(topic, hash)) return false;
    let undecided = false;
    const lastOf = (num: number) => {
      undecided ||= underWay?.sensor.includes(num) ?? false;
      return open.readings.lastOf(num);
    };
    const known = drafts.length > 0 && drafts.every((draft) => isPresent(draft, lastOf));
    if (undecided) return "wait";
    const statement = retained.statement(topic, hash, nowMs);
    if (statement !== null) {
      open.extra.push(statement);
      open.retained.push([topic, hash]);
    }
    return !known;
  }

  /** Whether a draft says what its sensor said last, as far as nothing else tells them apart. */
  function isPresent(draft: Draft, lastOf: (num: number) => number | undefined): boolean {
    return draft.tMs === undefined && draft.seq === undefined && registry.isLast(draft, lastOf);
  }

  function offer(message: RawMessage): boolean {
    if (closed || full() || refusal() !== null) {
      refuse();
      return false;
    }
    const { topic, payload, delivery } = message;
    const mark = delivery && {
      session: delivery.session,
      packetId: delivery.packetId,
      hash: contentHash(topic, payload),
    };
    if (mark && delivery.again && recent.has(mark)) {
      totals.duplicate++;
      open.messages.push({ message, outcome: "stored", mark });
      kick();
      return true;
    }
    const arrival = arrivalNow();
    const begun = poison.begin(topic, payload);
    if (begun.do === "wait") {
      refuse();
      return false;
    }
    if (begun.do === "aside") {
      setAside(message, arrival.tMs, begun.id);
      return true;
    }
    const { noted } = begun;
    const decoded = decode(topic, payload);
    if (message.retained === true) {
      const isNew = takeRetained(message, decoded.drafts, arrival.tMs);
      if (isNew === "wait") {
        if (noted !== null) poison.end(noted);
        refuse();
        return false;
      }
      if (!isNew) {
        if (noted !== null) open.noted.push(noted);
        open.messages.push({ message, outcome: "stored" });
        kick();
        return true;
      }
    }
    let needsMark = false;
    let stored = false;
    for (const draft of decoded.drafts) {
      const taken = take(draft, arrival, message.source);
      if (typeof taken === "object") {
        if (taken.code !== "no_value") addReject(decoded, taken);
      } else {
        stored = true;
        needsMark ||= taken;
      }
    }
    if (stored) totals.messages++;
    const wrong = faultsOf(decoded);
    if (wrong.rejects.length > 0) {
      const wholly = { ...refusalsOf(wrong), positions: [0] };
      refused(message, arrival.tMs, wholly, stored ? FIRST : NONE, keptOf(payload));
    }
    if (mark && needsMark) {
      recent.add(mark);
      open.readings.mark(mark);
    }
    open.bytes += payload.length + MESSAGE_BYTES;
    if (noted !== null) open.noted.push(noted);
    const fine = stored || wrong.rejects.length === 0;
    open.messages.push({ message, outcome: fine ? "stored" : "rejected" });
    kick();
    return true;
  }

  /** A message that ended the process is acknowledged, as refused, once it is in the quarantine. */
  function setAside(message: RawMessage, arrivalMs: number, id: string): void {
    const { source, topic, payload } = message;
    const origin = { tsMs: arrivalMs, source, topic };
    countAside(origin, payload);
    open.messages.push({ message, outcome: "rejected" });
    open.aside.push(() => poison.setAside(id, origin, payload));
    open.bytes += payload.length + MESSAGE_BYTES;
    kick();
  }

  function countAside(origin: Origin, payload: Uint8Array): void {
    rejects.add({ ...origin, code: "quarantined", message: QUARANTINED, payload });
  }

  async function careful<T>(body: RawBody, read: () => Promise<T>): Promise<T> {
    const { source, topic, text } = body;
    const begun = poison.begin(topic, text);
    if (begun.do === "wait") throw busy(false);
    if (begun.do === "aside") {
      const origin = { tsMs: clock.now(), source, topic };
      countAside(origin, new TextEncoder().encode(text.slice(0, 1_024)));
      await poison.setAside(begun.id, origin, text);
      throw new PerchError("validation", `${QUARANTINED}; it was set aside and is not read`);
    }
    try {
      return await read();
    } finally {
      if (begun.noted !== null) {
        poison.end(begun.noted);
        tellRoom();
      }
    }
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
        const taken: number[] = [];
        batch.drafts.forEach((draft, i) => {
          const index = draft.index ?? i;
          const stored = take(draft, arrival, batch.source);
          if (typeof stored === "object") addReject(late, { ...stored, index });
          else if (taken.at(-1) !== index) taken.push(index);
        });
        totals.messages += taken.length;
        const refusals = refusalsOf(batch, late);
        const answer: BatchAnswer = { accepted: 0, duplicate: 0, rejected: refusals.listed };
        if (refusals.more > 0) answer.more = refusals.more;
        if (refusals.listed.length > 0) answer.refusedItems = refusals.positions.length;
        const wrong = refusalsOf(faultsOf(batch), faultsOf(late));
        if (wrong.listed.length > 0) {
          const kept = batch.original?.(wrong.positions) ?? { payload: new Uint8Array() };
          refused(batch, arrival.tMs, wrong, new Set(taken), kept);
        }
        answer.accepted = open.readings.n - from;
        open.bytes += answer.accepted * 32;
        const extra = statement?.(answer);
        if (extra) open.extra.push(extra);
        open.batches.push({ from, to: open.readings.n, answer, resolve, reject });
        kick();
      }));
  }

  /** Commits now, soon or later; called after everything that changes the open group. */
  function kick(): void {
    if (committing !== null || open.empty) return;
    if (wanted || open.readings.n >= GROUP_READINGS || open.bytes >= GROUP_BYTES) {
      return wakeAfter(0);
    }
    wakeAfter(Math.max(lingerMs, lastCommitMs + deps.commitIntervalMs - clock.monotonic()));
  }

  function wakeAfter(ms: number): void {
    const atMs = ms === 0 ? 0 : clock.monotonic() + ms;
    if (wakeAtMs <= atMs) return;
    wake?.abort();
    wakeAtMs = atMs;
    // A microtask runs after the source has handed over all that one socket read gave.
    if (ms === 0) return queueMicrotask(commit);
    wake = new AbortController();
    clock.sleep(ms, wake.signal).then(commit, () => {});
  }

  function commit(): void {
    wake = null;
    wakeAtMs = Infinity;
    if (committing !== null || open.empty) return;
    const group = open;
    const readings = group.readings.take();
    open = new OpenGroup(group.readings);
    wanted = false;
    lastCommitMs = clock.monotonic();
    committing = commitGroup(group, readings).finally(() => {
      committing = null;
      for (const noted of group.noted) poison.end(noted);
      underWay = null;
      tellRoom();
      kick();
    });
    tellRoom();
  }

  function tellRoom(): void {
    if (!wasFull || refusal() !== null) return;
    wasFull = false;
    for (const listener of roomListeners) listener();
  }

  async function commitGroup(group: OpenGroup, readings: ReadingGroup): Promise<void> {
    const statements = [...registry.takePending(), ...clockNotes.takePending(), ...group.extra];
    // The columns travel to the database worker; what is published needs its own.
    const columns = {
      n: readings.n,
      sensor: readings.sensor.slice(),
      tMs: readings.tMs.slice(),
      value: readings.value.slice(),
      flags: readings.flags.slice(),
    };
    underWay = columns;
    const marks = readings.deliveries;
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
        open.forget(marks);
        return failed(group, error);
      }
    }
    for (const [topic, hash] of group.retained) retained.took(topic, hash);
    registry.committed();
    succeeded(group, committedGroup(groupId, columns, duplicate, registry), duplicate);
  }

  function succeeded(group: OpenGroup, done: CommittedGroup, duplicate: Uint8Array | null): void {
    failing = null;
    totals.groups++;
    totals.stored += done.n;
    if (duplicate !== null) totals.duplicate += duplicate.length - done.n;
    rate.add(done.n, clock.monotonic());
    const nowMs = clock.now();
    for (let i = 0; i < done.n; i++) {
      registry.seen(done.sensor[i], done.tMs[i], done.value[i], nowMs);
    }
    for (const { message, outcome } of group.messages) message.done(outcome);
    for (const { from, to, answer, resolve } of group.batches) {
      for (let i = from; duplicate !== null && i < to; i++) answer.duplicate += duplicate[i];
      answer.accepted -= answer.duplicate;
      resolve(answer);
    }
    if (done.n > 0) publish(done);
  }

  function failed(group: OpenGroup, error: unknown): void {
    // A sender that tries again and again says the same each time.
    if (clock.monotonic() - toldFailureMs >= TELL_FAILURE_MS) {
      toldFailureMs = clock.monotonic();
      log.error("readings could not be stored and are not acknowledged", { error });
    }
    failing = messageOf(error);
    for (const { message } of group.messages) message.done("failed");
    for (const { reject } of group.batches) reject(error);
  }

  return {
    offer,
    careful,
    offerBatch,
    commitSoon() {
      wanted = !open.empty;
      kick();
    },
    worksAgain() {
      failing = null;
      tellRoom();
    },
    onRoom(listener) {
      roomListeners.add(listener);
      return () => roomListeners.delete(listener);
    },
    stats: () => ({
      ...totals,
      rejected: rejects.total(),
      failing: refusal()?.message ?? failing,
      queued: open.readings.n,
      queuedBytes: open.bytes,
      ratePerS: rate.perSecond(clock.monotonic()),
    }),
    async close() {
      closed = true;
      wake?.abort();
      while (committing !== null || !open.empty) {
        commit();
        await committing;
      }
    },
  };
}

function busy(closing: boolean): PerchError {
  return new PerchError(
    "busy",
    closing
      ? "Perch is stopping; nothing of this request was stored. Send it again after the restart."
      : "the intake is full; nothing of this request was stored. Send it again shortly.",
    { retryAfterS: closing ? 5 : 1 },
  );
}
