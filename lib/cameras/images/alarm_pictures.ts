/**
 * Pictures of an alarm: those before it, which the camera still has in memory, the one at it, and some after it.
 * One set for each camera and minute, however many alarms come; what comes later in that minute has one picture of
 * its own moment. An alarm of the camera itself keeps the last picture that there was.
 */
import type { Clock } from "../../base/clock.ts";
import type { CameraImageRow } from "../../db/schema/cameras.ts";
import type { Frame } from "../picture.ts";
import type { ImageCamera, RaisedAlarm } from "./image_camera.ts";
import { isCurrent } from "./interval.ts";

export interface AlarmPictures {
  /** Begins to keep. Never throws. */
  raised(alarm: RaisedAlarm): void;
  /** Resolves when the pictures at these alarm are kept, or are not going to be. */
  at(alarmId: string): Promise<void>;
  /** Resolves when nothing is under way any more. */
  done(): Promise<void>;
}

export interface AlarmPicturesDeps {
  clock: Clock;
  cameras: () => readonly ImageCamera[];
  /** Null: it is not kept, and that was said. */
  keep(camera: ImageCamera, frame: Frame, alarmId: string): Promise<CameraImageRow | null>;
  /** Of the present run: aborts when it ends. */
  signal(): AbortSignal;
}

/** What is kept for one more alarm. */
export type Wanted = "set" | "one" | "nothing";

const NOTHING: Moment = { setMs: null, keptMs: null, at: Promise.resolve() };
const SET_EVERY_MS = 60_000;
/** A picture that was kept so shortly before is that of the moment. */
const SAME_MOMENT_MS = 5_000;
const BEFORE_MOST = 10;
const BEFORE_MS = 30_000;
const AFTER = 5;
const AFTER_EVERY_MS = 1_000;
const AFTER_MOST_MS = 10_000;

/** What was kept last of a camera. */
interface Moment {
  setMs: number | null;
  keptMs: number | null;
  /** Over when the picture at the alarm is kept. */
  at: Promise<unknown>;
}

/** Pure. Times of a clock that does not jump; null: none so far. */
export function wantedNow(
  { setMs, keptMs }: { setMs: number | null; keptMs: number | null },
  nowMs: number,
): Wanted {
  if (setMs === null || nowMs - setMs >= SET_EVERY_MS) return "set";
  return keptMs === null || nowMs - keptMs >= SAME_MOMENT_MS ? "one" : "nothing";
}

/** Pure: the pictures before an alarm, the newest first. */
export function framesBefore(recent: readonly Frame[], at: Frame, nowMs: number): Frame[] {
  return recent.filter((one) => one.sequence < at.sequence && nowMs - one.atMs < BEFORE_MS)
    .slice(-BEFORE_MOST).reverse();
}

export function createAlarmPictures(deps: AlarmPicturesDeps): AlarmPictures {
  const { clock, keep } = deps;
  /** Of each camera: when a set was begun, and a picture kept. */
  const last = new Map<string, Moment>();
  const moments = new Map<string, Promise<unknown>>();
  const running = new Set<Promise<void>>();

  /** Resolves when the picture at the alarm is kept; the rest of its set follows. */
  function begin(camera: ImageCamera, alarmId: string): Promise<unknown> {
    const nowMs = clock.monotonic();
    const frame = camera.capture?.latest() ?? null;
    if (frame === null || !isCurrent(frame, camera.state, nowMs)) return Promise.resolve();
    const { setMs, keptMs, at: shared } = last.get(camera.id) ?? NOTHING;
    const wanted = wantedNow({ setMs, keptMs }, nowMs);
    if (wanted === "nothing") return shared;
    // Taken now: while one is written, the camera goes on.
    const before = wanted === "set" ? framesBefore(camera.capture!.recent(), frame, nowMs) : [];
    const at = keep(camera, frame, alarmId);
    last.set(camera.id, { setMs: wanted === "set" ? nowMs : setMs, keptMs: nowMs, at });
    if (wanted === "set") watch(rest(camera, alarmId, at, before, frame.sequence));
    return at;
  }

  async function rest(
    camera: ImageCamera,
    alarmId: string,
    at: Promise<unknown>,
    before: readonly Frame[],
    sequence: number,
  ): Promise<void> {
    if (await at === null) return;
    await Promise.all([
      keepBefore(camera, alarmId, before),
      keepAfter(camera, alarmId, sequence),
    ]);
  }

  async function keepBefore(camera: ImageCamera, alarmId: string, frames: readonly Frame[]) {
    for (const frame of frames) if (await keep(camera, frame, alarmId) === null) return;
  }

  async function keepAfter(camera: ImageCamera, alarmId: string, at: number): Promise<void> {
    const endMs = clock.monotonic() + AFTER_MOST_MS;
    const signal = deps.signal();
    let sequence = at;
    for (let kept = 0; kept < AFTER && clock.monotonic() < endMs;) {
      await clock.sleep(AFTER_EVERY_MS, signal);
      const now = deps.cameras().find(({ id }) => id === camera.id);
      const frame = now?.capture?.latest() ?? null;
      if (now === undefined || frame === null || frame.sequence === sequence) continue;
      sequence = frame.sequence;
      if (await keep(now, frame, alarmId) === null) return;
      last.set(camera.id, { ...last.get(camera.id)!, keptMs: clock.monotonic() });
      kept++;
    }
  }

  function watch(work: Promise<void>): void {
    const one = work.catch(() => {}).finally(() => running.delete(one));
    running.add(one);
  }

  /** The last picture of a camera that an alarm is about, however old it is. */
  async function keepLast(camera: ImageCamera, alarmId: string): Promise<void> {
    const frame = camera.capture?.latest() ?? null;
    if (frame !== null) await keep(camera, frame, alarmId);
  }

  return {
    raised(alarm) {
      const all: Promise<unknown>[] = [];
      for (const camera of deps.cameras()) {
        if (!camera.settings.on_alarm) continue;
        if (camera.isOwn(alarm)) all.push(keepLast(camera, alarm.id));
        else if (camera.machineId !== null && camera.machineId === alarm.machine_id) {
          all.push(begin(camera, alarm.id));
        }
      }
      if (all.length === 0) return;
      const moment = Promise.allSettled(all);
      moments.set(alarm.id, moment);
      watch(moment.then(() => void moments.delete(alarm.id)));
    },
    async at(alarmId) {
      await moments.get(alarmId);
    },
    async done() {
      await Promise.all(running);
    },
  };
}
