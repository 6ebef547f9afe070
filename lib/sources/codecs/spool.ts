import type { Clock } from "../../base/clock.ts";
import { createWake } from "../../base/wake.ts";
import { markOf, RecentPackets } from "../../intake/recent_packets.ts";
import type { PacketMark } from "../../readings/reading.ts";
import { type Placed, SegmentReader, Segments } from "./segments.ts";
import { type Lost, SpoolCursor } from "./spool_cursor.ts";
import { encodeRecord, type Spooled } from "./spool_record.ts";

/*
 * DESIGN. Messages of a codec that does not work wait here, in order, numbered from 1 on and never anew. What came
 * in a moment shares an fsync, after which it is acknowledged. `read` gives them out, `decided` says up to which
 * they are done with; that number is saved now and then, and files before it go. What was decided on after the last
 * save comes again after a crash, and is recognised by its number (the packet id of a session of its own).
 */

export interface SpoolLimits {
  bytes: number;
  messages: number;
}

export interface SpoolDeps {
  folder: string;
  codec: string;
  clock: Clock;
  limits(): SpoolLimits;
  /** Why nothing may be written at the moment, as the intake knows it; null: it may. */
  refusal(): string | null;
  /** Makes durable that everything before `next` is decided on. */
  save(next: number): Promise<void>;
  /** There may be room again. */
  onRoom(): void;
  /** For tests: a file of this size is followed by a new one. */
  segmentBytes?: number;
  /** Something on disk failed. */
  onError(what: string, error: unknown): void;
}

/** Messages that come within so long share an fsync, unless a sender waits for it. */
const SHARE_MS = 50;
/** What waits for its fsync. */
const QUEUED_BYTES_MOST = 4 * 1024 * 1024;
/** After so many decisions, or so long, they are saved. */
const SAVE_EVERY = 1_000;
const SAVE_MS = 1_000;
/** A disk that failed is tried again after so long. */
const RETRY_MS = 1_000;
/** As many packets are remembered per session. */
const KNOWN = 4_096;

interface Queued {
  /** Null: it is on disk, or on its way there. */
  bytes: Uint8Array | null;
  mark?: PacketMark;
  done(error: unknown): void;
}

export class Spool {
  /** Messages that could not be read back. */
  damaged = 0;
  readonly #segments: Segments;
  readonly #wake;
  readonly #abort = new AbortController();
  #known = new RecentPackets();
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #queuedMessages = 0;
  /** Number after the last one on disk. */
  #end = 1;
  #next = 1;
  #saved = 1;
  readonly #cursor: SpoolCursor;
  #flushing: Promise<void> | null = null;
  #saving = false;
  #disk: Promise<unknown> = Promise.resolve();
  #failedMs = -Infinity;
  #failure: string | null = null;
  #refused = false;

  constructor(private readonly deps: SpoolDeps) {
    this.#segments = new Segments(deps.folder, deps.codec, deps.segmentBytes);
    this.#cursor = new SpoolCursor(this.#segments);
    this.#wake = createWake(deps.clock);
  }

  /** Takes up what is on disk; `next`: what was saved last. */
  async open(next: number): Promise<void> {
    await this.#segments.open(next);
    const { all } = this.#segments;
    this.#next = this.#saved = Math.max(next, all.at(0)?.first ?? next);
    this.#cursor.moveTo(this.#next);
    this.#end = Math.max(this.#next, all.at(-1)?.end ?? 1);
    const found: Spooled[][] = [];
    for (let i = all.length - 1, n = 0; i >= 0 && n < KNOWN; n += all[i].end - all[i].first, i--) {
      const reader = await SegmentReader.open(all[i]);
      const records: Spooled[] = [];
      for (let one; (one = reader.next()) !== null;) records.push(one.record);
      found.unshift(records);
    }
    for (const record of found.flat()) this.#remember(record);
  }

  /** Messages that are not decided on. */
  get waiting(): number {
    return this.#end + this.#queuedMessages - this.#next;
  }

  /** Messages that `read` has not given out. */
  get unread(): number {
    return this.#end + this.#queuedMessages - this.#cursor.seq;
  }

  /** Decisions that a crash would forget. */
  get unsaved(): number {
    return this.#next - this.#saved;
  }

  get bytes(): number {
    return this.#segments.bytes + this.#queuedBytes;
  }

  /** Why it takes nothing more; null: it does, if the disk can be written. */
  get full(): string | null {
    const { bytes, messages } = this.deps.limits();
    if (this.waiting >= messages) return `${messages} messages wait, which is all that may`;
    if (this.bytes >= bytes) return `what waits takes ${megabytes(bytes)} MB, which is all it may`;
    return this.deps.clock.monotonic() - this.#failedMs < RETRY_MS ? this.#failure : null;
  }

  /** Adds a message and says its number; `done` is told when it is on disk, or why not. Null: there is no room. */
  append(record: Spooled, done: (error: unknown) => void): number | null {
    if (this.#abort.signal.aborted) return null;
    if (!this.#takes || this.#queuedBytes >= QUEUED_BYTES_MOST) {
      this.#refused = true;
      return null;
    }
    const bytes = encodeRecord(record);
    const seq = this.#end + this.#queuedMessages;
    const mark = this.#remember(record);
    this.#queue.push({ bytes, mark, done });
    this.#queuedBytes += bytes.length;
    this.#queuedMessages++;
    this.#flushSoon();
    return seq;
  }

  /** Whether a message that is sent again is here, or was before the rest was decided on. */
  knows(message: Pick<Spooled, "packet" | "topic" | "payload">): boolean {
    const { packet } = message;
    return packet !== undefined && packet.again && this.#known.has(markOf(packet, message)!);
  }

  /** Calls `done` when everything that was appended is on disk. */
  whenSynced(done: (error: unknown) => void): void {
    this.#queue.push({ bytes: null, done });
    this.#flushSoon();
  }

  #synced(): Promise<void> {
    const synced = new Promise<void>((resolve) => this.whenSynced(() => resolve()));
    this.sync();
    return synced;
  }

  /** A sender waits: what is appended goes to the disk at once. */
  sync(): void {
    if (this.#queue.length > 0) this.#wake.now();
  }

  /** The next messages in order; none when there are none. */
  async read(most: number, bytesMost: number): Promise<Placed[]> {
    const out: Placed[] = [];
    for (let bytes = 0; out.length < most && bytes < bytesMost;) {
      if (this.#cursor.seq >= this.#end) {
        if (out.length > 0 || this.#queuedMessages === 0) break;
        await this.#synced();
        if (this.#cursor.seq >= this.#end) break;
      }
      const from = this.#segments.firstFrom(this.#cursor.seq) ?? this.#end;
      if (from > this.#cursor.seq) {
        this.#cursor.moveTo(from);
        continue;
      }
      const one = await this.#cursor.next();
      if ("lost" in one) {
        this.#lost(one);
        continue;
      }
      bytes += one.record.payload.length;
      out.push(one);
    }
    return out;
  }

  #lost({ path, from, lost }: Lost): void {
    this.damaged += lost;
    this.deps.onError(`${path} is damaged`, new Error(`${lost} messages cannot be read`));
    if (this.#next === from) this.decided(from + lost - 1);
  }

  /** Number of the message that `read` gives out next. */
  get position(): number {
    return this.#cursor.seq;
  }

  /** `read` goes on with this one. */
  moveTo(seq: number): void {
    this.#cursor.moveTo(Math.max(seq, this.#next));
  }

  /** Everything up to this number is decided on. */
  decided(seq: number): void {
    if (seq < this.#next) return;
    this.#next = seq + 1;
    if (this.#cursor.seq < this.#next) this.#cursor.moveTo(this.#next);
    // What comes again now is known to the intake.
    if (this.waiting === 0) this.#known = new RecentPackets();
    if (this.unsaved >= SAVE_EVERY) this.settle();
    else this.#settleSoon();
    if (this.#refused && this.#takes) this.#room();
  }

  /** Saves what is decided on and removes files that nobody needs. Never rejects. */
  settle(): Promise<void> {
    return this.#onDisk(async () => {
      const next = this.#next;
      try {
        if (next > this.#saved) await this.deps.save(next);
        this.#saved = next;
        await this.#segments.removeBefore(next);
      } catch (error) {
        this.deps.onError("the spool could not be tidied", error);
      }
    });
  }

  /** Brings everything to the disk, then takes nothing more. */
  async close(): Promise<void> {
    this.sync();
    await this.#flushing;
    this.#abort.abort(new DOMException("stopping", "AbortError"));
    await this.settle();
    this.#segments.close();
  }

  get #takes(): boolean {
    return this.full === null && this.deps.refusal() === null;
  }

  #remember(record: Spooled): PacketMark | undefined {
    const mark = markOf(record.packet, record);
    if (mark !== undefined) this.#known.add(mark);
    return mark;
  }

  #room(): void {
    this.#refused = false;
    this.deps.onRoom();
  }

  #flushSoon(): void {
    this.#flushing ??= this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#wake.sleep(SHARE_MS, this.#abort.signal).catch(() => {});
      await this.#onDisk(() => this.#flush());
      if (this.#refused && this.#takes) this.#room();
    }
    this.#flushing = null;
  }

  async #flush(): Promise<void> {
    const queue = this.#queue;
    const [queued, n] = [this.#queuedBytes, this.#queuedMessages];
    this.#queue = [];
    let failure: unknown = null;
    try {
      if (n > 0) await this.#segments.append(joined(queue, queued), n, this.#end);
      this.#end += n;
    } catch (error) {
      failure = error;
      this.#failed(error);
      // Numbers that were given to later ones meanwhile would leave a gap.
      queue.push(...this.#queue.splice(0));
      this.#queuedBytes = this.#queuedMessages = 0;
      // Numbers that were given out are not given again.
      this.#end = Math.max(this.#end, this.#next, this.#cursor.seq);
      this.#known.remove(queue.map(({ mark }) => mark).filter((mark) => mark !== undefined));
    }
    if (failure === null) {
      this.#queuedBytes -= queued;
      this.#queuedMessages -= n;
    }
    for (const { done } of queue) done(failure);
  }

  #failed(error: unknown): void {
    this.#failure = "what waits cannot be written to the disk";
    this.#failedMs = this.deps.clock.monotonic();
    this.deps.onError(this.#failure, error);
    this.#refused = true;
    this.deps.clock.sleep(RETRY_MS, this.#abort.signal).then(() => this.#room(), () => {});
  }

  async #settleSoon(): Promise<void> {
    if (this.#saving) return;
    this.#saving = true;
    await this.deps.clock.sleep(SAVE_MS, this.#abort.signal).catch(() => {});
    this.#saving = false;
    if (!this.#abort.signal.aborted) await this.settle();
  }

  /** One after the other. */
  #onDisk(work: () => Promise<void>): Promise<void> {
    const done = this.#disk.then(work);
    this.#disk = done;
    return done;
  }
}

function joined(queue: readonly Queued[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const { bytes } of queue) {
    if (bytes === null) continue;
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);
