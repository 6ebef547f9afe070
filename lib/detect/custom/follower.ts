/**
 * DESIGN. A custom detector follows the journal by itself, beside the built-in runner, as fast as its script goes.
 * Groups come from the bus into a bounded queue; when that overflows, after a start and after a pause it is *behind*
 * and reads the journal after the last group it is done with. One that gains nothing for a minute is too slow: it
 * skips what waits, and counts it.
 *
 * A batch changes a draft. When the script has to stop, the draft is dropped and the detector stands where it was
 * before the first of the steps that failed, so that a mended script judges those readings too. Findings are stored
 * after each batch under names that a replay gives them again; the memory and the cursor in the journal are saved
 * together every few minutes. What is found at an idle tick follows the process's own time: it is stored together
 * with the memory.
 */
import type { Beat } from "../../base/supervisor.ts";
import type { RunnableScript, ScriptFault } from "../../scripts/script.ts";
import type { DetectGroup } from "../runner/options.ts";
import { faultOf, TOO_MUCH_STATE } from "./contract.ts";
import { fitting } from "./call.ts";
import { GroupQueue } from "./group_queue.ts";
import { Hold, type Pause } from "./hold.ts";
import { groupsAfter } from "./journal.ts";
import { Learned } from "./learned.ts";
import { BOUNDS, type CustomDeps, type CustomOptions } from "./options.ts";
import { ScriptSlot } from "./slot.ts";
import { idleSteps, type Judged, type Step, stepsOf } from "./steps.ts";
import { Troubles } from "./troubles.ts";

/** Calls that were lost with the sandbox, in a row. */
const LOST_MOST = 3;
/** A call should take no longer, the turns of other scripts included: the end of Perch waits for it. */
const CALL_MS = 1_000;
const STEPS_LEAST = 16;
const REST_MOST_MS = 100;

export class Follower {
  readonly name: string;
  readonly troubles: Troubles;
  readonly learned: Learned;
  readonly queue: GroupQueue;
  readonly slot: ScriptSlot;
  readonly counts = { steps: 0, findings: 0 };
  readonly #hold = new Hold();
  /** Steps of a call. */
  #size: number;
  #lost = 0;
  /** When the latest group was judged, and when it ticked last without one. */
  #groupMs: number;
  #tickMs: number;
  #wake = () => {};
  readonly #watches = (sensor: number) => this.slot.watches(sensor);

  constructor(
    script: RunnableScript,
    private readonly deps: CustomDeps,
    private readonly options: CustomOptions,
  ) {
    this.name = script.name;
    this.troubles = new Troubles(script.name, deps.clock);
    this.learned = new Learned(script.name, deps, options);
    this.queue = new GroupQueue(options.queueReadings);
    this.slot = new ScriptSlot(script, deps);
    this.#size = options.steps;
    this.#groupMs = this.#tickMs = deps.clock.monotonic();
  }

  take(group: DetectGroup): void {
    this.learned.done ??= group.groupId - 1;
    this.queue.take(group);
    if (!this.#runs) {
      for (let i = 0; i < group.n; i++) if (this.#watches(group.sensor[i])) this.#hold.waiting++;
    }
    this.#wake();
  }

  /** Another text: it goes on with the states, and gets another chance. */
  change(script: RunnableScript): void {
    this.slot.wanted = script;
    this.troubles.begun();
    this.#hold.changed();
    this.#wake();
  }

  pause(by: string): void {
    this.#hold.pause(by, this.deps.clock.now());
    this.#wake();
  }

  resume(): void {
    this.#hold.resume();
    this.troubles.begun();
    this.#wake();
  }

  paused(): Pause | null {
    return this.#hold.paused;
  }

  get #runs(): boolean {
    return this.#hold.paused === null && this.troubles.broken === null;
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal, beat: Beat): Promise<void> {
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      this.queue.fallBehind();
      await this.learned.restore();
      while (!signal.aborted) {
        beat();
        await this.#turn(signal, beat);
      }
      await this.learned.save();
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.slot.unload();
    }
  }

  async #turn(signal: AbortSignal, beat: Beat): Promise<void> {
    // From the first group on the journal keeps what is not judged.
    await this.learned.saveIfDue();
    if (!this.#runs) return await this.#standStill(signal);
    if (!this.slot.isCurrent && !await this.#load()) return;
    if (this.learned.done === null) return await this.#rest(signal);
    if (this.queue.behind) await this.#catchUp(signal, beat);
    else if (this.queue.size > 0) await this.#judgeSome(signal, () => this.queue.next());
    else await this.#idle(signal);
  }

  async #standStill(signal: AbortSignal): Promise<void> {
    this.queue.fallBehind();
    this.learned.drop();
    if (this.slot.isLoaded) {
      this.slot.unload();
      await this.learned.save();
    }
    if (!this.#runs) await this.#rest(signal);
  }

  async #load(): Promise<boolean> {
    this.queue.fallBehind();
    this.learned.drop();
    const { wanted } = this.slot;
    const loaded = await this.slot.load();
    if (wanted !== this.slot.wanted) return false;
    if ("fault" in loaded) {
      this.#break(loaded.fault);
      return false;
    }
    this.learned.adopt(loaded.exports.version, this.#watches);
    this.deps.changed();
    return true;
  }

  /** Reads the journal until there are no further groups in it. */
  async #catchUp(signal: AbortSignal, beat: Beat): Promise<void> {
    const { clock, readings } = this.deps;
    const isBehind = () => this.queue.newest - this.learned.position;
    this.queue.listen();
    this.#hold.waiting = 0;
    let looked = { atMs: clock.monotonic(), behind: isBehind() };
    for (;;) {
      const groups = await groupsAfter(readings, this.learned.position);
      if (groups.length === 0) return;
      this.troubles.count("lost", groups[0].groupId - this.learned.position - 1);
      while (groups.length > 0) {
        beat();
        const beganMs = clock.monotonic();
        const steps = await this.#judgeSome(signal, () => groups.shift());
        const goesOn = this.#runs && this.slot.isCurrent && steps !== null && !signal.aborted;
        if (!goesOn) return this.queue.fallBehind();
        const nowMs = clock.monotonic();
        if (nowMs - looked.atMs >= this.options.patienceMs) {
          if (isBehind() > 0 && isBehind() >= looked.behind) return await this.#skip(signal, beat);
          looked = { atMs: nowMs, behind: isBehind() };
        }
        // Other scripts have their turn.
        const restMs = Math.min(REST_MOST_MS, nowMs - beganMs);
        if (steps > 0) await clock.sleep(restMs, signal).catch(() => {});
      }
      await this.learned.saveIfDue();
    }
  }

  /** Leaves out what waits: it is too slow. */
  async #skip(signal: AbortSignal, beat: Beat): Promise<void> {
    while (!signal.aborted) {
      beat();
      const groups = await groupsAfter(this.deps.readings, this.learned.position);
      if (groups.length === 0) break;
      const steps = groups.flatMap((group) => this.#stepsOf(group));
      this.troubles.count("skipped", steps.filter(({ kind }) => kind === "reading").length);
      this.learned.draft().failed = 0;
      this.learned.took(0);
    }
    await this.learned.save();
  }

  /** Ticks on from the journal's clock by the time the process has waited, when it has waited long. */
  async #idle(signal: AbortSignal): Promise<void> {
    await this.#rest(signal);
    if (signal.aborted || this.queue.size > 0 || !this.#runs) return;
    const nowMs = this.deps.clock.monotonic();
    const waitedMs = nowMs - this.#groupMs;
    if (waitedMs < this.options.idleMs || nowMs - this.#tickMs < this.options.tickMs) return;
    this.#tickMs = nowMs;
    const draft = this.learned.draft();
    const journalMs = Math.floor(draft.clock.newestMs + waitedMs);
    if (journalMs > -Infinity) {
      await this.#judge(idleSteps(draft, journalMs, this.#watches), signal, true);
    }
  }

  #stepsOf(group: DetectGroup): Step[] {
    if (group.groupId <= this.learned.position) return [];
    this.#groupMs = this.#tickMs = this.deps.clock.monotonic();
    return stepsOf(this.learned.draft(), group, this.deps.clock.now(), this.#watches);
  }

  /** Judges some groups; gives how many steps they made, or null when they are to be judged again. */
  async #judgeSome(
    signal: AbortSignal,
    next: () => DetectGroup | undefined,
  ): Promise<number | null> {
    const steps: Step[] = [];
    for (let group; steps.length < this.#size && (group = next()) !== undefined;) {
      for (const step of this.#stepsOf(group)) steps.push(step);
    }
    return await this.#judge(steps, signal) ? steps.length : null;
  }

  /** Judges steps and stores what was found. False: they are to be judged again. */
  async #judge(steps: readonly Step[], signal: AbortSignal, idle = false): Promise<boolean> {
    for (let at = 0; at < steps.length;) {
      const some = steps.slice(at, at + fitting(steps, this.learned.draft(), at, this.#size));
      at += some.length;
      const judged = await this.#call(some, signal);
      if (judged === null) return false;
      this.troubles.failed(judged.failures);
      this.troubles.count("heldBack", judged.heldBack);
      if (at === steps.length && judged.fatal === null) this.learned.took(steps.length);
      await this.#store(judged, idle);
      this.counts.steps += some.length;
      if (judged.fatal === null) continue;
      this.#break(judged.fatal);
      return false;
    }
    if (steps.length === 0) this.learned.took(0);
    else if (this.learned.chars > BOUNDS.statesChars) {
      this.#break(TOO_MUCH_STATE);
    }
    return true;
  }

  /** Null: it did not happen, and is repeated. */
  async #call(steps: readonly Step[], signal: AbortSignal): Promise<Judged | null> {
    const { clock } = this.deps;
    const beganMs = clock.monotonic();
    const judged = await this.slot.judge(this.learned.draft(), steps);
    const tookMs = clock.monotonic() - beganMs;
    if (tookMs > CALL_MS) this.#size = Math.max(STEPS_LEAST, this.#size >> 1);
    else if (tookMs < CALL_MS / 4) this.#size = Math.min(this.options.steps, this.#size * 2);
    if (judged !== null && !signal.aborted) {
      this.#lost = 0;
      return judged;
    }
    this.learned.drop();
    this.queue.fallBehind();
    if (!signal.aborted && ++this.#lost >= LOST_MOST) {
      this.#break(faultOf("runtime", "its answers were lost again and again"));
    }
    return null;
  }

  async #store({ found }: Judged, idle: boolean): Promise<void> {
    if (found.length === 0) return;
    const memory = idle ? [await this.learned.statement()] : [];
    const added = await this.deps.findings.add(found, memory);
    this.counts.findings += added.length;
    if (added.length > 0) this.deps.publish(added);
  }

  #break(fault: ScriptFault): void {
    this.troubles.broken = fault;
    this.learned.drop();
    this.queue.fallBehind();
    this.deps.log.warn(`custom detector ${this.name} was stopped: ${fault.message}`);
    this.deps.stopped();
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (!signal.aborted) {
      await this.deps.clock.sleep(this.options.waitMs, woken.signal).catch(() => {});
    }
    this.#wake = () => {};
  }
}
