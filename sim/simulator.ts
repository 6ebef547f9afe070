import type { Clock } from "../lib/base/clock.ts";
import { PerchError } from "../lib/base/errors.ts";
import type { Log } from "../lib/base/log.ts";
import type { SimCamera } from "./camera/camera.ts";
import type { CameraMode } from "./camera/server.ts";
import { cameraFault, type Fault, faultErrors, isActive } from "./faults.ts";
import { playHistory } from "./history.ts";
import { announcements } from "./announcements.ts";
import { createSpeech } from "./messages.ts";
import type { SimulatorOptions } from "./options.ts";
import { type Broker, connectPublisher, type Publisher } from "./publisher.ts";
import type { BrokenScript } from "./scenarios/scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { createWorld, SEEN, type World } from "./world.ts";

export interface SimulatorStatus {
  running: boolean;
  scenario: string;
  title: string;
  scenarios: { name: string; title: string }[];
  seed: number;
  speed: number;
  machines: number;
  sensors: number;
  /** Seconds of simulated time since the start. */
  simulatedS: number;
  connected: boolean;
  published: number;
  acknowledged: number;
  pending: number;
  /** Messages that were dropped because the broker did not acknowledge earlier ones. */
  dropped: number;
  /** Faults that play right now. */
  faults: { machine: string; sensor: string | null; kind: string; untilS: number }[];
}

/** The plant as something to start and stop. One plant at a time. */
export interface Simulator {
  /**
   * Starts the plant from its first second; a running one is stopped before. `historyS` seconds are
   * published first, as fast as they are accepted.
   * @throws PerchError `validation` for faults of machines that are not there, `unavailable` without broker
   */
  start(options?: SimulatorOptions & { historyS?: number }): Promise<void>;
  stop(): Promise<void>;
  status(): SimulatorStatus;
}

export interface SimulatorDeps {
  clock: Clock;
  log: Log;
  /** Asked at each start: the embedded broker's port is known only then. */
  broker: () => Broker;
  room: { minC: number; maxC: number; periodS: number };
  /**
   * Puts a script into the data directory, where Perch finds it; without it scenarios break none. `instead`: only
   * where exactly that is there. Gives whether it did.
   */
  putScript?: (path: string, text: string, instead?: string) => Promise<boolean>;
  camera?: SimCamera;
  /** The camera can be asked for pictures at this port. Rejects once `signal` aborts. */
  onCamera?: (camera: { port: number; machine: string; signal: AbortSignal }) => Promise<void>;
}

interface Run {
  world: World;
  publisher: Publisher;
  /** With the history's length added to their times. */
  faults: readonly Fault[];
  historyS: number;
  /** To be broken. */
  script: BrokenScript | undefined;
  /** What the camera looks at. */
  seen: string;
  dropped: number;
  abort: AbortController;
  done: Promise<unknown>;
}

const CLOSE_GRACE_MS = 2_000;
/** Beyond this the plant does not catch up: it was suspended, or the clock was set. */
const MOST_BEHIND_MS = 2_000;
const TICKS_PER_TURN = 5;

/** Creates the simulator at rest. */
export function createSimulator(deps: SimulatorDeps): Simulator {
  const { clock, log } = deps;
  const chosen = { seed: 1, speed: 1, scenario: SCENARIOS[0].name, faults: [] as Fault[] };
  let run: Run | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  /** Starts and stops wait for each other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  }

  async function start(options: Parameters<Simulator["start"]>[0] = {}): Promise<void> {
    const { historyS = 0, ...choice } = options;
    const wanted = { ...chosen, ...defined(choice) };
    const scenario = SCENARIOS.find((one) => one.name === wanted.scenario)!;
    const faults = [...scenario.faults, ...wanted.faults]
      .map((fault) => ({ ...fault, atS: fault.atS + historyS }));
    const world = createWorld({
      seed: wanted.seed,
      place: scenario.place,
      faults,
      spikeShare: scenario.spikeShare,
      room: deps.room,
    });
    const seen = SEEN[scenario.place ?? "plant"];
    refuseWrong(wanted.faults, world, seen);
    await stop();
    await putScript(scenario.script);
    const publisher = await connect(deps);
    Object.assign(chosen, wanted);
    const abort = new AbortController();
    const current: Run = {
      world,
      publisher,
      faults,
      historyS,
      dropped: 0,
      abort,
      script: scenario.script,
      seen,
      done: Promise.resolve(),
    };
    const playing = play(current, historyS, chosen.speed).catch((error) =>
      log.error("the simulator stopped", { error })
    );
    current.done = Promise.all([playing, showCamera(current)]);
    run = current;
    log.info(`simulator: ${scenario.title}`, { seed: wanted.seed, speed: wanted.speed });
  }

  async function play(current: Run, historyS: number, speed: number): Promise<void> {
    const { world, publisher, abort } = current;
    const speak = createSpeech();
    for (const { topic, payload } of announcements(world.machines)) {
      publisher.publish(topic, payload, true);
    }
    if (historyS > 0) {
      await playHistory({ world, publisher, clock, historyS, signal: abort.signal });
    }
    const tickMs = 1_000 / speed;
    let dueMs = clock.monotonic();
    let wallMs = clock.now();
    let tick = 0;
    while (!abort.signal.aborted) {
      const behindMs = clock.monotonic() - dueMs;
      if (behindMs > MOST_BEHIND_MS) dueMs = clock.monotonic();
      if (behindMs < 0) {
        await clock.sleep(-behindMs, abort.signal).catch(() => {});
        continue;
      }
      // Times are evenly spaced, and follow the wall clock when it was set.
      wallMs += tickMs;
      if (Math.abs(clock.now() - wallMs) > MOST_BEHIND_MS) wallMs = clock.now();
      for (const sample of world.step()) {
        for (const { topic, payload } of speak(sample, Math.round(wallMs))) {
          if (!publisher.publish(topic, payload)) current.dropped++;
        }
      }
      deps.camera?.play(modeAt(current));
      await maybeBreak(current);
      dueMs += tickMs;
      // Catching up lets others run in between.
      if (++tick % TICKS_PER_TURN === 0 && behindMs > tickMs) await clock.sleep(0);
    }
  }

  /** A plant whose camera nobody sees is a plant all the same. */
  async function showCamera({ seen: machine, abort: { signal } }: Run): Promise<void> {
    try {
      const port = await deps.camera?.start() ?? null;
      if (port !== null && !signal.aborted) await deps.onCamera?.({ port, machine, signal });
    } catch (error) {
      if (!signal.aborted) log.warn("simulator: the camera is not in Perch", { error });
    }
  }

  async function putScript(script: BrokenScript | undefined): Promise<void> {
    if (script === undefined || deps.putScript === undefined) return;
    await deps.putScript(script.path, script.text);
    log.info(
      `simulator: wrote ${script.path}, which ${script.does}; in ${script.breaksAtS} s it is saved ` +
        "again with a mistake in it, as happens to people",
    );
  }

  async function maybeBreak({ world, historyS, script }: Run): Promise<void> {
    if (script === undefined || deps.putScript === undefined) return;
    if (world.nowS - historyS !== script.breaksAtS) return;
    try {
      await deps.putScript(script.path, script.broken);
      log.warn(`simulator: saved ${script.path} ${script.mistake}`);
    } catch (error) {
      log.error(`simulator: ${script.path} could not be written`, { error });
    }
  }

  /** Nobody finds a broken script in the next plant because this one has ended. */
  async function mendScript(script: BrokenScript | undefined): Promise<void> {
    if (script === undefined || deps.putScript === undefined) return;
    const { path, text, broken } = script;
    const did = await deps.putScript(path, text, broken).catch(() => false);
    if (did) log.info(`simulator: ${path} is as it was before the mistake`);
  }

  async function stop(): Promise<void> {
    const ending = run;
    run = null;
    if (ending === null) return;
    ending.abort.abort();
    await ending.done;
    await deps.camera?.stop();
    await ending.publisher.close(CLOSE_GRACE_MS);
    await mendScript(ending.script);
    log.info("simulator: stopped");
  }

  return {
    start: (options) => inTurn(() => start(options)),
    stop: () => inTurn(stop),
    status: () => describe(chosen, run, deps),
  };
}

function modeAt({ faults, seen, world }: Run): CameraMode {
  const fault = cameraFault(faults, seen, world.nowS);
  return fault === null ? "well" : fault.slice("camera-".length) as CameraMode;
}

function refuseWrong(faults: readonly Fault[], world: World, seen: string): void {
  const sensorsOf = new Map(
    world.machines.map((one) => [one.path, one.sensors.map((spec) => spec.name)] as const),
  );
  const errors = faultErrors(faults, sensorsOf, seen);
  if (errors.length === 0) return;
  throw new PerchError("validation", errors[0], {
    errors: errors.map((message) => ({ path: message.split(" ")[0], message })),
  });
}

async function connect({ broker, log }: SimulatorDeps): Promise<Publisher> {
  const target = broker();
  try {
    return await connectPublisher(target, log);
  } catch (error) {
    throw new PerchError(
      "unavailable",
      `The simulator could not reach the broker at ${target.url} (${(error as Error).message}).`,
      { cause: error },
    );
  }
}

function describe(
  chosen: { seed: number; speed: number; scenario: string },
  run: Run | null,
  deps: SimulatorDeps,
): SimulatorStatus {
  const { place } = SCENARIOS.find((one) => one.name === chosen.scenario)!;
  const world = run?.world ??
    createWorld({ seed: chosen.seed, faults: [], room: deps.room, place });
  const stats = run?.publisher.stats() ??
    { connected: false, published: 0, acknowledged: 0, pending: 0 };
  return {
    running: run !== null,
    scenario: chosen.scenario,
    title: SCENARIOS.find((one) => one.name === chosen.scenario)!.title,
    scenarios: SCENARIOS.map(({ name, title }) => ({ name, title })),
    seed: chosen.seed,
    speed: chosen.speed,
    machines: world.machines.length,
    sensors: world.machines.reduce(
      (n, one) => n + one.sensors.length + (one.states?.length ?? 0),
      0,
    ),
    simulatedS: Math.max(0, world.nowS - (run?.historyS ?? 0)),
    ...stats,
    dropped: run?.dropped ?? 0,
    faults: (run?.faults ?? []).filter((fault) => isActive(fault, world.nowS)).map((fault) => ({
      machine: fault.machine,
      sensor: fault.sensor ?? null,
      kind: fault.kind,
      untilS: fault.atS + fault.durationS - run!.historyS,
    })),
  };
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
