import type { Clock } from "../../base/clock.ts";
import type { Arrival } from "../../base/steady_clock.ts";
import type { Intake, Outcome, RawMessage } from "../../intake/intake.ts";
import type { PoisonWatch } from "../../intake/poison.ts";
import type { LoadedScript, ScriptFault, ScriptRef } from "../../scripts/script.ts";
import { Handing } from "./handing.ts";
import { type Item, judged, type Suspect, tooLarge } from "./item.ts";
import type { FailureJudge } from "./judge.ts";
import { Pending } from "./pending.ts";
import type { Spool } from "./spool.ts";
import { SpoolFeed } from "./spool_feed.ts";
import type { Spooled } from "./spool_record.ts";
import { codecInput } from "./values.ts";

/*
 * DESIGN
 * The messages of a codec are in one of three places. Live: they wait in memory, unacknowledged, and are decoded in
 * batches, one call after the other. Blocked: they go to the spool and are acknowledged from there. Draining: what
 * the spool holds is decoded in order while new ones go to its end; when little is left they wait in memory instead,
 * so that there is an end. A message is never in two of these places, and they are emptied in order.
 *
 * A sender must not wait for a slow codec, nor the other topics of its session: what has waited in memory for a
 * moment goes to the spool, and is acknowledged there. Only while the intake takes nothing does everybody wait.
 *
 * One that failed is a suspect: in the spool, and refused as soon as another works.
 */

export interface FlowDeps {
  ref: ScriptRef;
  intake: Pick<Intake, "offer" | "commitSoon">;
  poison: Pick<PoisonWatch, "begin" | "end">;
  clock: Clock;
  arrival(): Arrival;
  spool: Spool;
  judge: FailureJudge;
  /** What decodes; `wait`: it is being loaded. Null: nothing does. */
  script(): LoadedScript | "wait" | null;
  pathOf(topic: string): string;
  /** From now on `script` is null. */
  pause(why: string, fault: ScriptFault): void;
  onFault(fault: ScriptFault): void;
  onError(what: string, error: unknown): void;
  onRoom(): void;
  addSample(ref: ScriptRef, topic: string, payload: Uint8Array, tMs: number): void;
}

/** Most messages of a call; fewer, where a call of so many takes longer than this. */
const BATCH = 256;
const LEAST_BATCH = 8;
const CALL_MS = 25;
/** What has waited in memory for longer goes to the spool. */
const WAIT_MS = 50;
/** With so few left in the spool, new messages wait in memory. */
const HANDOVER = 500;
const RETRY_MS = 1_000;
const POISON_MS = 100;
const SAMPLES = 20;

export class Flow {
  /** Messages that came. */
  messages = 0;
  readonly #abort = new AbortController();
  readonly #feed: SpoolFeed;
  readonly #handing: Handing;
  readonly #pending = new Pending();
  #suspects: Suspect[] = [];
  #draining = false;
  #running = false;
  #released = false;
  #watching = false;
  #batch = 2 * LEAST_BATCH;
  #soon = false;
  #refused = false;
  #working: Promise<void> = Promise.resolve();

  constructor(private readonly deps: FlowDeps) {
    const { spool, poison, clock } = deps;
    this.#handing = new Handing(deps.ref.name, deps.intake, this.#abort.signal);
    const onFailed = () => {
      this.#draining = true;
      this.run();
    };
    this.#feed = new SpoolFeed({ spool, poison, clock, onFailed, signal: this.#abort.signal });
  }

  /** As `Intake.offer`; who offers keeps the acknowledgements of a session in order. */
  offer(message: RawMessage): boolean {
    if (this.#abort.signal.aborted) return false;
    const blocked = this.deps.script() === null;
    if (blocked) this.#spill();
    const { source, topic, payload, packet, retained } = message;
    const arrival = this.deps.arrival();
    const record: Spooled = { source, topic, payload, packet, retained, arrival };
    const decoded = tooLarge(payload, false);
    if (decoded) {
      return this.#counted(
        this.deps.intake.offer({ ...record, decoded, done: (outcome) => message.done(outcome) }),
      );
    }
    if (this.#pending.length === 0 && (blocked || this.#hasLong())) {
      return this.#counted(this.#toSpool(record, message) || this.#refuse());
    }
    if (this.#pending.full) this.#overflow();
    if (this.#pending.full || blocked) return this.#refuse();
    const begun = this.deps.poison.begin(topic, payload);
    if (begun.do === "wait") return this.#refuse(POISON_MS);
    if (begun.do === "aside") return this.deps.intake.offer(message);
    const item: Item = {
      ...{ record, seq: null, noted: begun.noted, cameMs: this.deps.clock.monotonic() },
      done: (outcome) => {
        this.#endNote(item);
        message.done(outcome);
      },
    };
    this.#pending.push(item);
    this.run();
    this.#watch();
    return this.#counted(true);
  }

  /** A sender waits for what it has sent. */
  commitSoon(): void {
    if (this.#pending.length > 0 || this.#running) this.#soon = true;
    this.deps.spool.sync();
  }

  /** What was decoded since the start. */
  get handed(): Readonly<Handing["handed"]> {
    return this.#handing.handed;
  }

  /** There is room for messages, here or in the spool. */
  room(): void {
    if (this.#pending.length > 0) this.run();
    if (!this.#refused) return;
    this.#refused = false;
    this.deps.onRoom();
  }

  /** There may be room in the intake. */
  tryAgain(): void {
    this.#handing.tryAgain();
  }

  /** Begins with what is in the spool, if anything is; `script` is another one, or works again. */
  begin(): void {
    this.#released = false;
    this.#feed.giveBack(this.#suspects.splice(0).map(({ item }) => item));
    this.#draining = this.deps.spool.unread > 0;
    this.run();
  }

  /** Goes on, if there is anything to do. */
  run(): void {
    if (this.#running || this.#abort.signal.aborted) return;
    this.#running = true;
    // What comes in this turn is decoded together.
    queueMicrotask(() => this.#working = this.#work());
  }

  /** Nothing decodes any more: what waits in memory goes to the intake as it came. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#working;
    for (const item of this.#pending.takeAll()) {
      this.#endNote(item);
      await this.#handing.offer({ item, decoded: null });
    }
  }

  /** Resolves when no call is under way. */
  get working(): Promise<void> {
    return this.#working;
  }

  async close(): Promise<void> {
    this.#abort.abort(new DOMException("stopping", "AbortError"));
    this.#handing.tryAgain();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#over) {
      try {
        if (!await this.#step()) break;
      } catch (error) {
        if (this.#over) break;
        this.deps.onError("its messages wait", error);
        await this.deps.clock.sleep(RETRY_MS, this.#abort.signal).catch(() => {});
      }
    }
    this.#running = false;
  }

  get #over(): boolean {
    return this.#released || this.#abort.signal.aborted;
  }

  /** False: there is nothing to do. */
  async #step(): Promise<boolean> {
    const script = this.deps.script();
    if (script === null) this.#spill();
    if (script === null || script === "wait") return false;
    const items = this.#draining ? await this.#fromSpool() : this.#pending.take(this.#batch);
    if (this.#pending.length === 0) this.room();
    if (items.length > 0) await this.#decode(script, items);
    else if (!this.#draining) return false;
    else if (this.deps.spool.unread === 0) this.#draining = false;
    return true;
  }

  async #fromSpool(): Promise<Item[]> {
    if (this.#feed.failed) {
      this.#feed.giveBack(this.#suspects.splice(0).map(({ item }) => item));
    }
    return await this.#feed.next();
  }

  async #decode(script: LoadedScript, items: Item[]): Promise<void> {
    const { judge, pathOf, onFault } = this.deps;
    const binary = script.exports.binary === true;
    for (const item of items) {
      if (item.instead === undefined) item.instead = tooLarge(item.record.payload, binary);
    }
    const given = items.filter((item) => item.instead === undefined);
    this.#sample(given);
    const inputs = given.map(({ record }) => codecInput(record, record.arrival.tMs, binary));
    const answers = inputs.length === 0 ? [] : await this.#timed(script, inputs);
    if (this.#abort.signal.aborted) return;
    const before = this.#suspects;
    const { ready, suspects, pause, rest, faults } = judged(items, answers, judge, before, pathOf);
    for (const { fault } of faults) onFault(fault);
    for (const one of ready) await this.#handing.offer(one);
    if (this.#soon) {
      this.#soon = this.#pending.length > 0;
      this.deps.intake.commitSoon();
    }
    if (pause !== null) {
      this.deps.pause(pause.why, pause.fault);
      this.#takeBack([...suspects.map(({ item }) => item), ...rest]);
    } else this.#suspects = suspects.flatMap((one) => this.#kept(one) ?? []);
  }

  /** Calls it, and learns how many messages it decodes in a moment. */
  async #timed(script: LoadedScript, inputs: readonly unknown[]) {
    const begunMs = this.deps.clock.monotonic();
    const answers = await script.call("decode", inputs);
    const tookMs = this.deps.clock.monotonic() - begunMs;
    if (tookMs > 2 * CALL_MS) this.#batch = Math.max(LEAST_BATCH, this.#batch >> 1);
    else if (tookMs < CALL_MS) this.#batch = Math.min(BATCH, this.#batch << 1);
    return answers;
  }

  /** A message that failed goes into the spool, where it is acknowledged. Null: it is read from there once more. */
  #kept(suspect: Suspect): Suspect | null {
    if (suspect.item.seq !== null) return suspect;
    const { record, done } = suspect.item;
    const isLast = this.deps.spool.unread === 0;
    const seq = this.deps.spool.append(record, (error) => done(outcomeOf(error)));
    // Without room it stays as it is, unacknowledged.
    if (seq === null) return suspect;
    if (!isLast) return null;
    const item = { ...suspect.item, noted: null };
    this.#feed.adopt(item, seq);
    return { ...suspect, item };
  }

  /** What was not decided on stands before everything else again. */
  #takeBack(items: readonly Item[]): void {
    this.#feed.giveBack(items);
    this.#pending.putBack(items.filter(({ seq }) => seq === null));
  }

  /** Looks after what waits in memory as long as anything does. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { clock } = this.deps;
    while (this.#pending.length > 0 && !this.#over) {
      await clock.sleep(WAIT_MS, this.#abort.signal).catch(() => {});
      const { sinceMs } = this.#pending;
      if (clock.monotonic() - sinceMs <= WAIT_MS) continue;
      // Where everything stood still for a moment, an answer may be there already.
      await clock.sleep(0, this.#abort.signal).catch(() => {});
      if (this.#pending.sinceMs === sinceMs) this.#overflow();
    }
    this.#watching = false;
  }

  /** The codec is slower than what comes: what waits for it goes to the spool. */
  #overflow(): void {
    if (this.#handing.isRefused || this.#over) return;
    this.#spill();
    if (this.deps.spool.unread > 0) this.#draining = true;
  }

  /** Brings what waits in memory to the spool, in order, as far as there is room. */
  #spill(): void {
    const spilled = this.#pending.takeWhile((item) => this.#toSpool(item.record, item));
    for (const item of spilled) this.#endNote(item);
  }

  #toSpool(record: Spooled, { done }: Pick<RawMessage, "done">): boolean {
    const { spool } = this.deps;
    const synced = (error: unknown) => done(outcomeOf(error));
    if (!spool.knows(record)) return spool.append(record, synced) !== null;
    spool.whenSynced(synced);
    return true;
  }

  /** New messages go behind what is in the spool. */
  #hasLong(): boolean {
    return this.#draining && this.deps.spool.unread > HANDOVER;
  }

  #sample(items: readonly Item[]): void {
    const { ref, addSample } = this.deps;
    for (const { record: { topic, payload, arrival } } of items.slice(-SAMPLES)) {
      addSample(ref, topic, payload.slice(), arrival.tMs);
    }
  }

  #endNote(item: Item): void {
    if (item.noted !== null) this.deps.poison.end(item.noted);
    item.noted = null;
  }

  #counted(taken: boolean): boolean {
    if (taken) this.messages++;
    return taken;
  }

  /** @param againMs after so long it may be offered again; else when there is room */
  #refuse(againMs?: number): false {
    this.#refused = true;
    if (againMs !== undefined) {
      this.deps.clock.sleep(againMs, this.#abort.signal).then(() => this.room(), () => {});
    }
    return false;
  }
}

const outcomeOf = (error: unknown): Outcome => error === null ? "stored" : "failed";
