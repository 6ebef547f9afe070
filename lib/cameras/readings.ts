import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Draft } from "../readings/reading.ts";
import type { CameraState } from "../words/cameras.ts";
import { MINUTE_MS } from "../words/times.ts";
import type { Camera } from "./camera.ts";
import { CAMERA_QUANTITIES, type CameraSensors } from "./camera_sensors.ts";
import type { CameraHealth } from "./health/shape.ts";

/*
 * DESIGN. A minute makes a reading of each quantity of each camera, all in one commit, since a commit costs the card
 * more than what is in it. A state that changes is written at once, and not again for a while: a camera that comes and
 * goes makes no storm. What cannot be stored is given up; the next minute has its own.
 */

/** After a change, the next one waits for the minute unless it comes this much later. */
const CHANGE_EVERY_MS = 10_000;

export interface CameraReadings {
  /** Hears of a camera once a second. */
  see(camera: Pick<Camera, "id" | "name">, health: CameraHealth): void;
}

interface Minute {
  camera: Pick<Camera, "id" | "name">;
  latest: CameraHealth;
  sums: Map<string, { sum: number; n: number }>;
  state: CameraState;
  changedMs: number;
}

export function createCameraReadings(deps: {
  clock: Clock;
  log: Log;
  sensors: CameraSensors;
  /** Commits readings. */
  offer: (drafts: readonly Draft[]) => Promise<unknown>;
}): CameraReadings {
  const { clock, log, sensors } = deps;
  const minutes = new Map<string, Minute>();
  let dueMs = clock.monotonic() + MINUTE_MS;
  let isBusy = false;

  async function store(these: readonly Minute[]): Promise<void> {
    const taken = these.map((minute) => ({ camera: minute.camera, values: valuesOf(minute) }));
    for (const minute of these) minute.sums = new Map();
    if (isBusy) return;
    isBusy = true;
    const tMs = clock.now();
    try {
      for (const { camera } of taken) await sensors.make(camera);
      const drafts = taken.flatMap(({ camera, values }) =>
        values.flatMap(({ name, value }): Draft[] => {
          const sensor = sensors.find(camera, name);
          return sensor === null ? [] : [{ sensor: sensor.name, tMs, value }];
        })
      );
      if (drafts.length > 0) await deps.offer(drafts);
    } catch (error) {
      log.debug("readings of cameras are given up", { error: messageOf(error) });
    } finally {
      isBusy = false;
    }
  }

  return {
    see(camera, health) {
      const nowMs = clock.monotonic();
      const known = minutes.get(camera.id);
      const minute = known ??
        { sums: new Map(), state: health.state, changedMs: nowMs, camera, latest: health };
      Object.assign(minute, { camera, latest: health });
      minutes.set(camera.id, minute);
      add(minute, health);
      const hasChanged = minute.state !== health.state &&
        nowMs - minute.changedMs >= CHANGE_EVERY_MS;
      if (nowMs >= dueMs) {
        dueMs = nowMs + MINUTE_MS;
        store([...minutes.values()]);
      } else if (hasChanged) {
        // What was before it says nothing about what is now.
        minute.sums = new Map();
        add(minute, health);
        store([minute]);
      }
      if (hasChanged) Object.assign(minute, { state: health.state, changedMs: nowMs });
      if (health.state === "off") minutes.delete(camera.id);
    },
  };
}

function add({ sums }: Minute, health: CameraHealth): void {
  for (const { name, isMean, value } of CAMERA_QUANTITIES) {
    const measured = value(health);
    if (!isMean || measured === null) continue;
    const known = sums.get(name) ?? { sum: 0, n: 0 };
    sums.set(name, { sum: known.sum + measured, n: known.n + 1 });
  }
}

/** What is measured, rounded to what is worth keeping. */
function valuesOf({ sums, latest }: Minute): { name: string; value: number }[] {
  return CAMERA_QUANTITIES.flatMap(({ name, isMean, decimals, value }) => {
    const summed = sums.get(name);
    const measured = isMean ? summed && summed.sum / summed.n : value(latest);
    return measured == null ? [] : [{ name, value: Number(measured.toFixed(decimals)) }];
  });
}
