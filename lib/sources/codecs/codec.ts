import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RawMessage } from "../../intake/intake.ts";
import type { LoadedScript, RunnableScript, Sandbox, ScriptFault } from "../../scripts/script.ts";
import { type CodecPause, type CodecState, StateKeeper } from "./codec_state.ts";
import { filtersOf } from "./filters.ts";
import { Flow, type FlowDeps } from "./flow.ts";
import { FailureJudge } from "./judge.ts";
import { Spool, type SpoolLimits } from "./spool.ts";
import { createCodecPaths } from "./values.ts";

export interface CodecDeps
  extends Pick<FlowDeps, "intake" | "poison" | "clock" | "arrival" | "onRoom" | "addSample"> {
  /** Of the spools. */
  folder: string;
  log: Log;
  limits(): SpoolLimits;
  /** Why nothing can be written at the moment; null: it can. */
  refusal(): string | null;
  /** Filters that sources are subscribed to anyway. */
  topics: readonly string[];
  sandbox(): Promise<Sandbox>;
  /** Other topics are its own now. */
  onTopics(): void;
  /** It is paused. */
  onPause(): void;
}

/** How a codec is doing. */
export interface CodecView {
  name: string;
  /** False: there is no such script any more, but messages that wait for it. */
  present: boolean;
  /** Of the text that was loaded last, or could not be. */
  hash: string | null;
  /** It is being loaded: messages for it wait, or go another way where its topics are not known yet. */
  loading: boolean;
  pause: CodecPause | null;
  /** Why it cannot be loaded; null: it is. */
  broken: ScriptFault | null;
  /** The latest message that failed, and when. */
  error: { fault: ScriptFault; tMs: number } | null;
  /** Messages that came, and those that failed, since the start. */
  messages: number;
  errors: number;
  /** Messages that were decoded, and the values in them. */
  decoded: number;
  values: number;
  /** Messages in the spool. */
  waiting: number;
  /** Why the spool takes nothing; null: it does. */
  full: string | null;
  /** Messages that were lost because a file of the spool is damaged. */
  damaged: number;
}

/** What the faults room writes before a fault's number. */
const BY_FAULT = "fault:";
const CANNOT_BE_LOADED = "it cannot be loaded";

/** Hash of no text: any that may run ends the pause. */
const NO_TEXT = "";

/** A codec: its script, whether it is paused, and its messages (`flow.ts`). */
export class Codec {
  topics: readonly string[] = [];
  #present = false;
  readonly #spool: Spool;
  readonly #flow: Flow;
  readonly #judge = new FailureJudge();
  #script: LoadedScript | null = null;
  #hash: string | null = null;
  #broken: ScriptFault | null = null;
  #loads = 0;
  #pathOf: (topic: string) => string = (topic) => topic;
  #pause: CodecPause | null = null;
  #error: CodecView["error"] = null;
  #errors = 0;
  readonly #abort = new AbortController();
  readonly #kept: StateKeeper;
  #closed = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(private readonly deps: CodecDeps, readonly name: string) {
    const { folder, clock, limits, refusal } = deps;
    const onError = (what: string, error: unknown) =>
      deps.log.error(`codec ${name}: ${what}`, { error });
    this.#spool = new Spool({
      ...{ folder, codec: name, clock, limits, refusal, onError },
      save: (next) => this.#kept.write(next),
      onRoom: () => this.#flow.room(),
    });
    this.#kept = new StateKeeper({
      ...{ folder, codec: name, clock, signal: this.#abort.signal },
      state: () => ({ topics: [...this.topics], pause: this.#pause }),
      onError: (error) => this.#cannotSave(error),
    });
    this.#flow = new Flow({
      ...deps,
      ...{ ref: { kind: "codec", name }, spool: this.#spool, judge: this.#judge, onError },
      script: () => this.#pause === null ? this.#loads > 0 ? "wait" : this.#script : null,
      pathOf: (topic) => this.#pathOf(topic),
      pause: (by, fault) => this.#pauseBy(by, fault, this.#hash),
      onFault: (fault) => {
        this.#errors++;
        this.#error = { fault, tMs: clock.now() };
      },
    });
  }

  /** Takes up what is known of it from before. */
  async open(state: CodecState): Promise<void> {
    this.topics = state.topics;
    this.#kept.begin(state);
    this.#pause = state.pause;
    await this.#spool.open(state.next);
  }

  offer(message: RawMessage): boolean {
    return this.#flow.offer(message);
  }

  commitSoon(): void {
    this.#flow.commitSoon();
  }

  tryAgain(): void {
    this.#flow.tryAgain();
  }

  get view(): CodecView {
    return {
      name: this.name,
      present: this.#present,
      hash: this.#hash,
      loading: this.#loads > 0,
      pause: this.#pause,
      broken: this.#broken,
      error: this.#error,
      messages: this.#flow.messages,
      errors: this.#errors,
      decoded: this.#flow.handed.messages,
      values: this.#flow.handed.values,
      waiting: this.#spool.waiting,
      full: this.#spool.full,
      damaged: this.#spool.damaged,
    };
  }

  /**
   * Runs this script from now on; null: there is none any more; a sentence: why the one that there is may not run.
   * One change is made after the other.
   */
  use(script: RunnableScript | string | null): Promise<void> {
    this.#loads++;
    // It is there before it is loaded.
    if (script !== null) this.#present = true;
    return this.#changing = this.#changing.then(async () => {
      try {
        if (script === null) await this.#remove();
        else if (typeof script === "string") await this.#hold(script);
        else await this.#load(script);
      } finally {
        this.#loads--;
      }
      if (script !== null) this.#flow.begin();
    });
  }

  /**
   * A person pauses it, or a fault; what a fault paused goes on with another text. One that is paused stays as it is.
   */
  async pause(by: string): Promise<void> {
    if (this.#pause !== null) return;
    this.#pauseBy(by, null, by.startsWith(BY_FAULT) ? this.#hash : null);
    await this.#kept.write();
  }

  /** It goes on with what waits, with the script that it has; loads it if that failed. */
  async resume(script: RunnableScript | string | null): Promise<void> {
    if (this.#pause === null) return;
    await this.#flow.working;
    this.#pause = null;
    this.#judge.reset();
    if (this.#script === null && script !== null) return await this.use(script);
    await this.#kept.write();
    this.#flow.begin();
  }

  /** Decodes one message and keeps nothing of it. */
  async try(inputs: readonly unknown[]): Promise<Awaited<ReturnType<LoadedScript["call"]>> | null> {
    return await this.#script?.call("decode", inputs) ?? null;
  }

  pathOf(topic: string): string {
    return this.#pathOf(topic);
  }

  get binary(): boolean {
    return this.#script?.exports.binary === true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#flow.close();
    await this.#spool.close();
    this.#abort.abort(new DOMException("stopping", "AbortError"));
    await this.#kept.write().catch((error) => this.#cannotSave(error));
  }

  async #load(script: RunnableScript): Promise<void> {
    const loaded = await this.#tryLoading(script);
    // What the end of Perch cut short says nothing of the script.
    if (this.#closed) return;
    await this.#flow.working;
    this.#script?.unload();
    this.#script = null;
    this.#present = true;
    this.#hash = script.hash;
    this.#error = null;
    this.#broken = "fault" in loaded ? loaded.fault : null;
    if ("fault" in loaded) {
      const { fault } = loaded;
      if (this.#pause === null || this.#pause.hash !== null) {
        this.#pauseBy(CANNOT_BE_LOADED, fault, script.hash);
      }
      return;
    }
    this.#script = loaded.script;
    this.topics = loaded.topics;
    this.#pathOf = createCodecPaths(this.deps.topics, loaded.topics);
    this.#judge.reset();
    if (this.#pause !== null && !this.#staysPaused(this.#pause, script)) this.#pause = null;
    await this.#kept.write().catch((error) => this.#cannotSave(error));
    this.deps.onTopics();
  }

  /** What failed was another text, or could not be loaded and now is; a person's pause stays. */
  #staysPaused({ hash, by }: CodecPause, script: RunnableScript): boolean {
    return hash === null || (hash === script.hash && by !== CANNOT_BE_LOADED);
  }

  async #tryLoading(
    script: RunnableScript,
  ): Promise<{ script: LoadedScript; topics: string[] } | { fault: ScriptFault }> {
    const faultOf = (type: ScriptFault["type"], message: string) => ({
      fault: { type, message, line: null, column: null },
    });
    try {
      const loaded = await (await this.deps.sandbox()).load(script);
      if ("fault" in loaded) return loaded;
      const topics = filtersOf(loaded.script.exports.topics);
      if (typeof topics !== "string") return { script: loaded.script, topics };
      loaded.script.unload();
      return faultOf("contract", topics);
    } catch (error) {
      return faultOf("runtime", `the sandbox did not start: ${messageOf(error)}`);
    }
  }

  /** Its topics are its own still. */
  async #hold(why: string): Promise<void> {
    this.#present = true;
    await this.#flow.working;
    this.#script?.unload();
    this.#script = this.#broken = this.#error = null;
    if (this.#pause?.hash !== null) this.#pauseBy(why, null, NO_TEXT);
  }

  async #remove(): Promise<void> {
    this.#present = false;
    this.topics = [];
    this.deps.onTopics();
    await this.#flow.release();
    this.#script?.unload();
    this.#script = this.#broken = this.#error = null;
    await this.#kept.write().catch((error) => this.#cannotSave(error));
  }

  #pauseBy(by: string, fault: ScriptFault | null, hash: string | null): void {
    this.#pause = { sinceMs: this.deps.clock.now(), by, hash, fault };
    this.deps.log.warn(`codec ${this.name} is paused: ${by}`, { fault: fault?.message });
    this.#kept.writeSoon();
    this.#flow.run();
    this.deps.onPause();
  }

  #cannotSave(error: unknown): void {
    this.deps.log.error(`codec ${this.name}: its state could not be saved`, { error });
  }
}
