import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { EventDraft } from "../events/event.ts";
import type { CameraState } from "../words/cameras.ts";
import { HOUR_MS, span } from "../words/times.ts";
import type { Camera } from "./camera.ts";
import {
  type HealthLimits,
  type HealthMemory,
  judge,
  seeAttempt,
  seeEnd,
  seeFrame,
  seeLook,
  startHealth,
} from "./health/decide.ts";
import { reportHealth } from "./health/report.ts";
import type { CameraHealth } from "./health/shape.ts";
import type { AttemptEnd, Capture } from "./picture.ts";
import { isGoodAgain, nextTry, type Try, whyEnd } from "./recovery/decide.ts";
import type { LastResort } from "./recovery/last_resort.ts";
import { createOutage, type OutageEvent } from "./recovery/outage.ts";
import { createPowerCycle, type SwitchOutput } from "./recovery/power_cycle.ts";
import { type CameraTest, testCamera, type Watcher } from "./test_camera.ts";

/*
 * DESIGN. The loop of one camera: an attempt to get pictures, a look at how they are once a second, and when they are
 * not good the end of the attempt and the next one. One attempt at a time; what it started is gone before the next
 * begins. Only pictures count: an attempt that ends by itself and is followed by pictures in time was no outage.
 */

export interface RunnerDeps {
  /** As it is set now: whoever changes it makes another runner. */
  camera: Camera;
  capture: Capture;
  clock: Clock;
  log: Log;
  /** `events.append`. */
  append: (draft: EventDraft) => Promise<unknown>;
  /** Calls the address that switches it off and on. */
  outgoing: Pick<Outgoing, "fetch">;
  switchOutput: SwitchOutput;
  lastResort: LastResort;
  /** Hears of the camera once a second while it runs, and when it ends. */
  onHealth?: (health: CameraHealth) => void;
  random?: () => number;
}

export interface Runner {
  capture: Capture;
  /** Gets pictures until `signal` aborts; when it resolves, nothing of it is left. */
  run(signal: AbortSignal): Promise<void>;
  /** `off` while it does not run. */
  health(): CameraHealth;
  /** Forgets failures and waits, and starts anew now. Without effect while it does not run. `by`: who asks. */
  recover(by?: string): void;
  /** Looks for 20 s at most. Where it does not run, pictures are got for as long as the test takes. */
  test(signal?: AbortSignal): Promise<CameraTest>;
}

const TICK_MS = 1_000;
const RECONNECTS_MOST = 10_000;
/** Why an attempt was ended before it failed: somebody wants a new one. */
const ASKED = "asked";
const BAD_WORDS: Readonly<Partial<Record<CameraState, string>>> = {
  frozen: "the same all the time",
  black: "black",
  covered: "of the same brightness everywhere",
};

/** Creates the runner of a camera. Nothing is started. */
export function createRunner(deps: RunnerDeps): Runner {
  const { camera, capture, clock, log, random = Math.random } = deps;
  const { settings, name } = camera;
  const limits: HealthLimits = {
    frozenAfterMs: settings.frozen_after_s * 1000,
    blackAfterMs: settings.black_after_s * 1000,
  };
  const outage = createOutage(name);
  const power = createPowerCycle({ ...deps, say });
  const watchers = new Set<Watcher>();
  let isRunning = false;
  let memory = startHealth(clock.monotonic());
  let failures = 0;
  let lastError: string | null = null;
  let lastEnd: AttemptEnd | null = null;
  /** The last error is about what is wrong now. */
  let isErrorNew = false;
  let level: CameraHealth["recoveryLevel"] = 0;
  let nextTryMs: number | null = null;
  /** When attempts after the first began. */
  let reconnects: number[] = [];
  /** Ends what runs or is waited for. */
  let cut = new AbortController();
  let ownTest: Promise<CameraTest> | null = null;

  capture.onFrame((frame) => {
    for (const watcher of watchers) watcher.onFrame(frame);
    if (isRunning) memory = seeFrame(memory, frame.atMs);
  });
  capture.onLook((look) => {
    for (const watcher of watchers) watcher.onLook(look);
    if (!isRunning) return;
    memory = seeLook(memory, look);
    consider();
  });

  function say(event: OutageEvent | null, more: Partial<EventDraft> = {}): void {
    if (event === null) return;
    const common = { subject: `camera:${camera.id}`, tMs: clock.now(), actor: null, route: false };
    deps.append({ ...common, ...event, ...more }).catch((error) =>
      log.warn(`an event of the camera ${name} could not be written`, { error: messageOf(error) })
    );
  }

  /** How it is now, and what is to be said about it. */
  function consider(): void {
    const nowMs = clock.monotonic();
    const { state: before } = memory;
    memory = judge(memory, nowMs, limits);
    if (isGoodAgain(memory, nowMs)) [failures, isErrorNew] = [0, false];
    const { state } = memory;
    if (state === before) return;
    if (state !== "live") return say(outage.enter(state, isErrorNew ? lastError : null, nowMs));
    [level, isErrorNew] = [0, false];
    say(outage.end(nowMs));
  }

  function tick(): void {
    consider();
    deps.onHealth?.(health());
  }

  /** What is begun with its signal ends when somebody wants another attempt, or all to end. */
  function newCut(signal: AbortSignal): AbortController {
    cut = new AbortController();
    if (signal.aborted) cut.abort();
    return cut;
  }

  /** One attempt. Null: it was ended because somebody wants another, or all to end. */
  async function attempt(signal: AbortSignal, reopen: boolean): Promise<AttemptEnd | null> {
    const own = newCut(signal);
    memory = seeAttempt(memory, clock.monotonic());
    nextTryMs = null;
    const over = new AbortController();
    let end: AttemptEnd | null = null;
    const ending = capture.run(own.signal, { reopen })
      .then((how) => (end = how), (error) => (end = endOf("ended", messageOf(error))))
      .finally(() => over.abort());
    let verdict: AttemptEnd | null = null;
    try {
      while (end === null) {
        tick();
        const why = whyEnd(memory, clock.monotonic(), limits, failures);
        if (why !== null && !own.signal.aborted) {
          verdict = endOf(why === "silent" ? "stalled" : "ended", badSentence(memory, why));
          own.abort();
        }
        await clock.sleep(TICK_MS, over.signal).catch(() => ending);
      }
    } catch (error) {
      // Who hears of it failed: nothing of this runs on behind the next.
      own.abort();
      await ending;
      throw error;
    }
    if (signal.aborted || own.signal.reason === ASKED) return null;
    memory = seeEnd(memory);
    return verdict ?? end;
  }

  function badSentence(memory: HealthMemory, why: "silent" | "bad_picture"): string {
    if (why === "bad_picture") return `The picture was ${BAD_WORDS[memory.state]}.`;
    const since = memory.frames === 0 ? memory.attemptMs : memory.frameMs!;
    return `No picture came for ${span(Math.round((clock.monotonic() - since) / 1000) * 1000)}.`;
  }

  /** Works out what comes after an attempt that failed, does it, and waits. Null: somebody wants the next one now. */
  async function recoverFrom(end: AttemptEnd, signal: AbortSignal): Promise<Try | null> {
    const { signal: until } = newCut(signal);
    failures++;
    [lastError, isErrorNew] = [end.why ?? lastError, true];
    log.debug(`camera ${name}: ${end.why}`, { failures, fault: end.fault });
    consider();
    const next = nextTry({
      failures,
      state: memory.state,
      fault: end.fault,
      tookMs: clock.monotonic() - memory.attemptMs,
      nowMs: clock.now(),
      // Whoever cannot know it does not cut the power.
      lastResortMs: await deps.lastResort.get(camera.id).catch(() => clock.now()),
    }, random());
    if (memory.state !== "live") {
      level = next.level;
      say(outage.tryAgain(next.level, clock.monotonic()));
    }
    if (next.level === 3) await power.cycle(failures, until);
    return await wait(next.waitMs, until) ? next : null;
  }

  /** False: it was cut short. */
  async function wait(waitMs: number, until: AbortSignal): Promise<boolean> {
    const untilMs = clock.monotonic() + waitMs;
    nextTryMs = clock.now() + waitMs;
    while (!until.aborted) {
      tick();
      const restMs = untilMs - clock.monotonic();
      if (restMs <= 0) return true;
      await clock.sleep(Math.min(restMs, TICK_MS), until).catch(() => {});
    }
    return false;
  }

  function health(): CameraHealth {
    const nowMs = clock.monotonic();
    reconnects = reconnects.filter((atMs) => nowMs - atMs < HOUR_MS);
    return reportHealth({
      ...{ memory, isRunning, failures, lastError, nextTryMs },
      recoveryLevel: level,
      reconnectsPerHour: reconnects.length,
    }, { capture, clock, settings });
  }

  async function keepGoing(signal: AbortSignal): Promise<void> {
    let reopen = false;
    while (!signal.aborted) {
      const end = await attempt(signal, reopen);
      if (signal.aborted) return;
      lastEnd = end ?? lastEnd;
      const next = end === null ? null : await recoverFrom(end, signal);
      // Whoever asks for a new start gets the thorough one.
      reopen = next === null || next.level >= 2;
      if (!signal.aborted && reconnects.length < RECONNECTS_MOST) {
        reconnects.push(clock.monotonic());
      }
    }
  }

  return {
    capture,
    async run(signal) {
      await ownTest?.catch(() => {});
      isRunning = true;
      memory = startHealth(clock.monotonic());
      [failures, level, lastError, isErrorNew, reconnects] = [0, 0, null, false, []];
      const end = () => cut.abort();
      signal.addEventListener("abort", end, { once: true });
      try {
        await keepGoing(signal);
      } finally {
        signal.removeEventListener("abort", end);
        isRunning = false;
        [nextTryMs, level] = [null, 0];
        memory = { ...memory, sinceMs: clock.monotonic() };
        deps.onHealth?.(health());
      }
    },
    health,
    recover(by) {
      if (!isRunning) return;
      [failures, level] = [0, 0];
      const text = `the camera ${name} is being started anew, because somebody asked for it`;
      say({ type: "camera.recovering", severity: "info", text, body: null }, { actor: by ?? null });
      cut.abort(ASKED);
    },
    test(signal) {
      const common = { ...deps, watchers };
      if (isRunning) {
        if (nextTryMs !== null) cut.abort(ASKED);
        const before = lastEnd;
        const failed = () => lastEnd === before ? null : lastEnd;
        return testCamera({ ...common, run: null, failed, isOff: () => !isRunning }, signal);
      }
      ownTest ??= testCamera({ ...common, run: (until) => capture.run(until) }, signal)
        .finally(() => (ownTest = null));
      return ownTest;
    },
  };
}

function endOf(fault: AttemptEnd["fault"], why: string): AttemptEnd {
  return { frames: 0, why, fault };
}
