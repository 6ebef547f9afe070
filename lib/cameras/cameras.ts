/** The cameras of this site: what they are, how they are, and what is asked of them. */
import type { Log } from "../base/log.ts";
import { PerchError } from "../base/errors.ts";
import type { Task } from "../base/supervisor.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Camera } from "./camera.ts";
import { type CameraChanges, type ChangeDeps, createCameraChanges } from "./camera_changes.ts";
import { createEntries, type Entry, openEntry } from "./camera_entries.ts";
import { storedSettings } from "./camera_options.ts";
import { createCameraStore } from "./camera_store.ts";
import { type CameraView, healthText, idleHealth } from "./camera_view.ts";
import type { CameraHealth } from "./health/shape.ts";
import { createKeepRunning } from "./keep_running.ts";
import type { Runner } from "./runner.ts";
import type { CameraTest } from "./test_camera.ts";

/** In memory, where a change counts once it is written. */
export interface Cameras extends CameraChanges {
  load(): Promise<void>;
  /** By name. */
  all(): CameraView[];
  /** @throws `not_found` */
  find(id: string): CameraView;
  /** By id or name. @throws `not_found` */
  named(idOrName: string): CameraView;
  /** The one that is meant where none is named. @throws `not_found`, `conflict` naming them */
  meant(): CameraView;
  /** With secrets, as those need it who get its pictures; null: there is none, or it cannot be used. */
  cameraOf(id: string): Camera | null;
  /** What keeps it alive; null while it is switched off, rests, or is being started. */
  runnerOf(id: string): Runner | null;
  /** Whether pictures come, also of one that is off. @throws `not_found`, `conflict`, `busy` */
  test(id: string): Promise<CameraTest>;
  /** Starts it anew at once, then tests it. @throws `not_found`, `conflict`, `busy` */
  recover(id: string, by: { name: string; audited: Audited }): Promise<CameraTest>;
  /** Called with the id after each change. */
  onChange(listener: (id: string) => void): void;
  /** While the host is in need none of them runs. */
  rest(on: boolean): void;
  task: Task;
}

export interface CamerasDeps extends ChangeDeps {
  log: Log;
  /** Loads what gets pictures, once it is needed. @throws PerchError with what is missing */
  createRunner(camera: Camera): Promise<Runner>;
  /** Id or name of the one that is meant where none is named; empty: nobody chose. */
  chosen(): string;
  /** Why no pictures are got at the moment; null: they are. */
  refusal(): PerchError | null;
}

export function createCameras(deps: CamerasDeps): Cameras {
  const { db, clock, log } = deps;
  const entries = createEntries();
  const listeners: ((id: string) => void)[] = [];
  const startedMs = clock.now();
  let isResting = false;
  /** Those that are off are tested by a runner of their own, one for all who ask meanwhile. */
  const tests = new Map<string, Promise<CameraTest>>();
  /** Ends these. */
  let testing = new AbortController();
  const running = createKeepRunning({
    clock,
    log,
    wanted: () => entries.all().flatMap(({ camera }) => camera?.enabled === true ? [camera] : []),
    create: deps.createRunner,
  });
  const changes = createCameraChanges(deps, {
    entries,
    viewOf,
    onChange(id) {
      running.wake();
      listeners.forEach((listener) => listener(id));
    },
  });

  function healthOf({ row, fault }: Entry): CameraHealth {
    if (!row.enabled) return idleHealth("off", row.createdMs, null);
    if (isResting) return idleHealth("off", startedMs, RESTING);
    const runner = running.runnerOf(row.id);
    if (runner !== null) return runner.health();
    if (running.isPaused()) return idleHealth("off", startedMs, PAUSED);
    const trouble = fault ?? running.troubleOf(row.id);
    return idleHealth(trouble === null ? "starting" : "lost", startedMs, trouble);
  }

  function viewOf(entry: Entry): CameraView {
    const { row: { id, name, machineId, ...row }, camera, shown, fault } = entry;
    const { allowed, enabled, createdMs } = row;
    const health = healthOf(entry);
    return {
      ...{ id, name, kind: row.kind, allowed, enabled, createdMs, fault, health },
      options: shown,
      settings: camera?.settings ?? storedSettings(row.settings),
      machine: machineId === null ? null : deps.machines.find(machineId)?.path ?? null,
      text: healthText(name, health),
      frameMs: running.runnerOf(id)?.capture.latest()?.tMs ?? null,
    };
  }

  function meant(): CameraView {
    const chosen = deps.chosen();
    const all = entries.all();
    const [one, ...more] = all.filter(({ row }) =>
      chosen === "" || row.id === chosen || row.name === chosen
    );
    if (one !== undefined && more.length === 0) return viewOf(one);
    if (all.length === 0) throw new PerchError("not_found", "there is no camera: add one first");
    const names = all.map(({ row }) => `${row.name} (${row.id})`).join(", ");
    throw new PerchError(
      "conflict",
      `say which camera is meant, or choose one in the setting cameras.default: ${names}`,
    );
  }

  async function test(id: string): Promise<CameraTest> {
    const { camera, fault } = entries.need(id);
    if (camera === null) throw new PerchError("conflict", fault ?? "it cannot be used");
    const refused = deps.refusal();
    if (refused !== null) throw refused;
    const runner = running.runnerOf(id);
    if (runner !== null) return await runner.test();
    const { signal } = testing;
    const under = tests.get(id) ??
      deps.createRunner(camera).then((one) => one.test(signal))
        .finally(() => tests.delete(id));
    tests.set(id, under);
    return await under;
  }

  /** Tests end with the task: what they have started does not outlive Perch. */
  async function endTests(): Promise<void> {
    testing.abort(new PerchError("unavailable", "the test was ended, as all cameras are stopped"));
    testing = new AbortController();
    await Promise.allSettled(tests.values());
  }

  async function recover(
    id: string,
    { name, audited }: { name: string; audited: Audited },
  ): Promise<CameraTest> {
    const { text } = viewOf(entries.need(id));
    const runner = running.runnerOf(id);
    if (runner === null) throw deps.refusal() ?? new PerchError("conflict", text);
    await db.write([audited({ action: "camera.recover", resource: `camera:${id}`, touches: [] })]);
    runner.recover(name);
    return await test(id);
  }

  return {
    ...changes,
    async load() {
      const kindNamed = (name: string) => deps.kinds.find(({ kind }) => kind === name) ?? null;
      for (const row of await createCameraStore(db).all()) {
        entries.put(await openEntry(row, kindNamed(row.kind), deps));
      }
    },
    all: () => entries.all().map(viewOf),
    find: (id) => viewOf(entries.need(id)),
    named: (idOrName) => viewOf(entries.named(idOrName)),
    meant,
    cameraOf: (id) => entries.get(id)?.camera ?? null,
    runnerOf: running.runnerOf,
    test,
    recover,
    onChange: (listener) => void listeners.push(listener),
    rest(on) {
      isResting = on;
      running.rest(on);
    },
    task: {
      ...running.task,
      run: (signal, beat) => running.task.run(signal, beat).finally(endTests),
    },
  };
}

const RESTING = "The host that Perch runs on is in need.";
const PAUSED = "The task that runs all cameras is paused, or being started anew.";
