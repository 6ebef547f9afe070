/**
 * Reads the inputs, each bus by itself and one input of it after the other.
 *
 * DESIGN. All inputs of a bus that are due at a time are one round, and what it gave is one commit. A bus that hangs
 * holds no other: rounds are not waited for. Every ten seconds it is looked whether something was plugged in or out,
 * as the kernel tells nobody. Without inputs nothing is loaded and nothing is done.
 */
import type { Clock } from "../../base/clock.ts";
import type { Task } from "../../base/supervisor.ts";
import { createTurnsByKey } from "../../base/turns.ts";
import { createWake } from "../../base/wake.ts";
import type { Channel, CounterState, HardwareDriver, Host, Measured } from "./driver.ts";
import type { HardwareInput } from "./input.ts";
import { channelIn, type Present } from "./present.ts";
import { readRound, type RoundNeeds } from "./round.ts";
import { adoptedCounter, closeRun, newRun, type Run } from "./run.ts";
import { afterRead, type InputStatus, type News } from "./status.ts";

/** What reads; loaded when the first input or page needs it. */
export interface Machinery {
  host: Host;
  drivers: readonly HardwareDriver[];
  present: Present;
}

export interface RoundDeps extends Pick<RoundNeeds, "log" | "sensorOf" | "offer"> {
  clock: Clock;
  machinery(): Promise<Machinery>;
  /** Those there are, as they are now. */
  inputs(): readonly HardwareInput[];
  /** Where it stands by what was stored last, in its unit; null: not known. */
  storedTotal(input: HardwareInput): number | null;
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

const LOOK_MS = 10_000;
const SAVE_MS = 60_000;
const IDLE_MS = 24 * 3_600_000;

export function createRounds(deps: RoundDeps): Rounds {
  const { clock, log, inputs } = deps;
  const wake = createWake(clock);
  const runs = new Map<string, Run>();
  const { take: onBus } = createTurnsByKey();
  const busy = new Map<string, Promise<void>>();
  /** Drivers whose channels are looked for anew, as reading one of them failed. */
  const doubted = new Set<string>();
  let lookMs = -Infinity;
  let saveMs = clock.monotonic();

  /** Inputs that came, changed or went. */
  async function follow(): Promise<void> {
    const wanted = new Map(inputs().map((input) => [input.id, input]));
    for (const [id, run] of runs) {
      const now = wanted.get(id);
      if (now === run.input) continue;
      if (now !== undefined && sameWork(now, run.input)) run.input = now;
      else {
        await onBus(run.channel?.bus ?? "", () => closeRun(run));
        if (now === undefined) runs.delete(id);
        else Object.assign(run, { input: now, dueMs: clock.monotonic() });
        lookMs = -Infinity;
      }
    }
    for (const input of wanted.values()) {
      if (runs.has(input.id)) continue;
      runs.set(input.id, newRun(input, clock.now(), clock.monotonic()));
      lookMs = -Infinity;
    }
  }

  function tell(run: Run, measured: Measured): void {
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
        await closeRun(run);
        run.channel = null;
        if (run.status.state !== "gone") tell(run, gone(GONE));
        return;
      }
      if (run.reader !== null && run.channel?.at === channel.at) return;
      await closeRun(run);
      run.channel = channel;
      run.counter = adoptedCounter(run, deps.storedTotal);
      run.reader = driver.open(host, channel, run.input.settings, run.counter);
      run.dueMs = clock.monotonic();
    }
  }

  function onGone({ input }: Run): void {
    doubted.add(input.driver);
    lookMs = -Infinity;
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
      const under = readRound(due, { ...deps, onBus, tell, onGone })
        .catch((error) => log.warn("a round of a bus failed", { bus, error }))
        .finally(() => {
          busy.delete(bus);
          wake.now();
        });
      busy.set(bus, under);
    }
  }

  /** A counter that was never kept: from where it counts is known here alone. */
  const hasBegun = () =>
    [...runs.values()].some(({ isSaved, input }) => !isSaved && input.counter === null);

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
            if (clock.monotonic() - saveMs >= SAVE_MS || hasBegun()) await save();
            await wake.sleep(restMs(), signal);
          }
        } finally {
          await Promise.allSettled(busy.values());
          await Promise.allSettled([...runs.values()].map(closeRun));
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
