/**
 * Reads the inputs, each bus by itself and one input of it after the other.
 *
 * DESIGN. All inputs of a bus that are due at a time are one round, and what it gave is one commit. A bus that hangs
 * holds no other: rounds are not waited for. Every ten seconds it is looked whether something was plugged in or out,
 * as the kernel tells nobody. Without inputs nothing is loaded and nothing is done.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurns } from "../../base/turns.ts";
import { createWake } from "../../base/wake.ts";
import type { Draft } from "../../readings/reading.ts";
import type { Before, Channel, CounterState, HardwareDriver, Host, Reader } from "./driver.ts";
import type { HardwareInput } from "./input.ts";
import { channelIn, type Present } from "./present.ts";
import { afterRead, type InputStatus, type News, waiting } from "./status.ts";

/** What reads; loaded when the first input or page needs it. */
export interface Machinery {
  host: Host;
  drivers: readonly HardwareDriver[];
  present: Present;
}

export interface RoundDeps {
  clock: Clock;
  log: Log;
  machinery(): Promise<Machinery>;
  /** Those there are, as they are now. */
  inputs(): readonly HardwareInput[];
  /** The name under which readings of an input come. */
  sensorOf(input: HardwareInput): string;
  /** Where it stands by what was stored last, in its unit; null: not known. */
  storedTotal(input: HardwareInput): number | null;
  /** Commits readings; gives the reason for each that was refused, by its position. */
  offer(drafts: readonly Draft[]): Promise<Map<number, string>>;
  /** Keeps where counters stand. */
  save(counters: readonly { id: string; counter: CounterState }[]): Promise<void>;
  onNews(input: HardwareInput, news: Exclude<News, null>, text: string): void;
}

export interface Rounds {
  task: Task;
  /** Inputs changed. */
  wake(): void;
  /** Null before it was looked for the first time. */
  statusOf(id: string): InputStatus | null;
  /** Null: it is not there now, or was not looked for yet. */
  channelOf(id: string): Channel | null;
  /** Work on a bus waits for what is under way on it. */
  onBus<T>(bus: string, work: () => Promise<T>): Promise<T>;
  /** Where a counter stands now. */
  counterOf(id: string): CounterState | null;
}

interface Run {
  input: HardwareInput;
  channel: Channel | null;
  reader: Reader | null;
  before: Before;
  status: InputStatus;
  dueMs: number;
  counter: CounterState | null;
  isSaved: boolean;
}

const LOOK_MS = 10_000;
const SAVE_MS = 60_000;
/** A value from before says nothing about one of now. */
const BEFORE_MOST_MS = 3_600_000;
const IDLE_MS = 24 * 3_600_000;

export function createRounds(deps: RoundDeps): Rounds {
  const { clock, log, inputs } = deps;
  const wake = createWake(clock);
  const runs = new Map<string, Run>();
  const busTurns = new Map<string, ReturnType<typeof createTurns>>();
  const busy = new Map<string, Promise<void>>();
  /** Drivers whose channels are looked for anew, as reading one of them failed. */
  const doubted = new Set<string>();
  let lookMs = -Infinity;
  let saveMs = clock.monotonic();

  function onBus<T>(bus: string, work: () => Promise<T>): Promise<T> {
    let turns = busTurns.get(bus);
    if (turns === undefined) busTurns.set(bus, turns = createTurns());
    return turns(work);
  }

  async function close(run: Run): Promise<void> {
    const { reader } = run;
    run.reader = null;
    if (reader === null) return;
    await reader.close?.();
    // What it counted until now is in its last word.
    if (run.channel?.counts && reader.close !== undefined) {
      const last = await reader.read(null);
      if ("value" in last && last.state !== undefined) keepCounter(run, last.state);
    }
  }

  function keepCounter(run: Run, state: CounterState): void {
    if (JSON.stringify(state) !== JSON.stringify(run.counter)) run.isSaved = false;
    run.counter = state;
  }

  /** Inputs that came, changed or went. */
  async function follow(): Promise<void> {
    const wanted = new Map(inputs().map((input) => [input.id, input]));
    for (const [id, run] of runs) {
      const now = wanted.get(id);
      if (now === run.input) continue;
      if (now !== undefined && sameWork(now, run.input)) run.input = now;
      else {
        await onBus(run.channel?.bus ?? "", () => close(run));
        if (now === undefined) runs.delete(id);
        else Object.assign(run, { input: now, dueMs: clock.monotonic() });
        lookMs = -Infinity;
      }
    }
    for (const input of wanted.values()) {
      if (runs.has(input.id)) continue;
      runs.set(input.id, {
        ...{ input, channel: null, reader: null, before: null, isSaved: true },
        status: waiting(clock.now()),
        dueMs: clock.monotonic(),
        counter: input.counter,
      });
      lookMs = -Infinity;
    }
  }

  function tell(run: Run, measured: Parameters<typeof afterRead>[1]): void {
    const { status, news } = afterRead(run.status, measured, clock.now());
    run.status = status;
    if (news !== null) deps.onNews(run.input, news, status.text);
  }

  /** Finds each input where it is now. */
  async function look(): Promise<void> {
    lookMs = clock.monotonic();
    const { drivers, present, host } = await deps.machinery();
    const anew = new Set(doubted);
    doubted.clear();
    const used = new Set([...runs.values()].map(({ input }) => input.driver));
    for (const driver of drivers.filter(({ name }) => used.has(name))) {
      const found = await present.of(driver, anew.has(driver.name));
      for (const run of runs.values()) {
        if (run.input.driver === driver.name) await place(run, channelIn(found, run.input.id));
      }
    }
    for (const run of runs.values()) {
      if (drivers.some(({ name }) => name === run.input.driver)) continue;
      tell(run, gone(`this Perch knows no driver "${run.input.driver}"`));
    }

    async function place(run: Run, channel: Channel | null): Promise<void> {
      const driver = drivers.find(({ name }) => name === run.input.driver)!;
      if (channel === null) {
        await close(run);
        run.channel = null;
        if (run.status.state !== "gone") tell(run, gone(GONE));
        return;
      }
      if (run.reader !== null && run.channel?.at === channel.at) return;
      await close(run);
      run.channel = channel;
      run.counter = adopted(run);
      run.reader = driver.open(host, channel, run.input.settings, run.counter);
      run.dueMs = clock.monotonic();
    }
  }

  /** What was stored after the counter was kept last counts: Perch may have been cut off. */
  function adopted({ channel, counter, input }: Run): CounterState | null {
    const stored = channel?.counts && counter !== null ? deps.storedTotal(input) : null;
    const total = stored === null ? 0 : Math.round(stored * input.settings.pulses_per_unit);
    // One that the kernel counts knows what is missing itself.
    if (counter === null || counter.count !== undefined || total <= counter.total) return counter;
    return { ...counter, total };
  }

  async function round(due: readonly Run[]): Promise<void> {
    const drafts: Draft[] = [];
    const measured: Run[] = [];
    for (const run of due) {
      const { reader, channel } = run;
      if (reader === null || channel === null) continue;
      const before = run.before !== null && clock.monotonic() - run.before.tMs < BEFORE_MOST_MS
        ? run.before
        : null;
      const read = await onBus(channel.bus, () => reader.read(before));
      if (run.reader !== reader) continue;
      tell(run, read);
      if ("fault" in read) {
        if (read.fault.kind === "gone") {
          doubted.add(run.input.driver);
          lookMs = -Infinity;
        }
        continue;
      }
      if (read.state !== undefined) keepCounter(run, read.state);
      run.before = { value: read.value, tMs: clock.monotonic() };
      const unit = channel.counts ? run.input.settings.unit : channel.unit;
      drafts.push({
        sensor: deps.sensorOf(run.input),
        value: read.value,
        ...(unit === null || unit === "" ? {} : { unit }),
      });
      measured.push(run);
    }
    if (drafts.length === 0) return;
    try {
      const refused = await deps.offer(drafts);
      for (const [index, why] of refused) {
        tell(measured[index], {
          fault: { kind: "refused", text: `its reading was not taken: ${why}` },
        });
      }
    } catch (error) {
      log.debug("readings of this host's buses are given up", { error: messageOf(error) });
    }
  }

  function startRounds(): void {
    const nowMs = clock.monotonic();
    const byBus = new Map<string, Run[]>();
    for (const run of runs.values()) {
      if (run.dueMs > nowMs || run.reader === null) continue;
      const bus = run.channel!.bus;
      if (busy.has(bus)) continue;
      byBus.set(bus, [...byBus.get(bus) ?? [], run]);
      // Inputs of one interval fall together.
      const every = run.input.settings.interval_s * 1_000;
      run.dueMs = (Math.floor(nowMs / every) + 1) * every;
    }
    for (const [bus, due] of byBus) {
      const under = round(due)
        .catch((error) => log.warn("a round of a bus failed", { bus, error }))
        .finally(() => {
          busy.delete(bus);
          wake.now();
        });
      busy.set(bus, under);
    }
  }

  async function save(): Promise<void> {
    saveMs = clock.monotonic();
    const fresh = [...runs.values()].filter(({ isSaved }) => !isSaved);
    if (fresh.length === 0) return;
    for (const run of fresh) run.isSaved = true;
    const counters = fresh.map(({ input, counter }) => ({ id: input.id, counter: counter! }));
    await deps.save(counters).catch((error) => {
      for (const run of fresh) run.isSaved = false;
      log.warn("where counters stand was not kept", { error });
    });
  }

  function restMs(): number {
    const nowMs = clock.monotonic();
    const due = [...runs.values()].filter(({ reader, channel }) =>
      reader !== null && !busy.has(channel!.bus)
    ).map(({ dueMs }) => dueMs);
    return Math.max(0, Math.min(lookMs + LOOK_MS, saveMs + SAVE_MS, ...due) - nowMs);
  }

  return {
    wake: wake.now,
    statusOf: (id) => runs.get(id)?.status ?? null,
    channelOf: (id) => runs.get(id)?.channel ?? null,
    counterOf: (id) => runs.get(id)?.counter ?? null,
    onBus,
    task: {
      name: "hardware",
      async run(signal) {
        try {
          for (;;) {
            await follow();
            if (runs.size === 0) {
              await wake.sleep(IDLE_MS, signal);
              continue;
            }
            if (clock.monotonic() - lookMs >= LOOK_MS) await look();
            startRounds();
            if (clock.monotonic() - saveMs >= SAVE_MS) await save();
            await wake.sleep(restMs(), signal);
          }
        } finally {
          await Promise.allSettled(busy.values());
          await Promise.allSettled([...runs.values()].map(close));
          await save();
          runs.clear();
        }
      },
    },
  };
}

const GONE = "it is not there: it was pulled out, or its bus or driver is off";
const gone = (text: string) => ({ fault: { kind: "gone" as const, text } });

/** Nothing changed of how it is read. */
function sameWork(a: HardwareInput, b: HardwareInput): boolean {
  return JSON.stringify(a.settings) === JSON.stringify(b.settings);
}
