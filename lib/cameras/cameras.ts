/** The cameras of this site. One idea, so one file: the contract and the one list that answers it. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { hideSecrets, keepSecrets } from "../base/options.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Task } from "../base/supervisor.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { AuditChange, Audited } from "../events/audit_change.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import type { Camera } from "./camera.ts";
import {
  openOptions,
  parseOptions,
  parseSettings,
  sealOptions,
  storedSettings,
} from "./camera_options.ts";
import { type CameraRow, createCameraStore } from "./camera_store.ts";
import { type CameraView, healthText, idleHealth } from "./camera_view.ts";
import { createKeepRunning } from "./keep_running.ts";
import type { CameraKind } from "./kinds/kind.ts";
import type { CameraHealth } from "./health/shape.ts";
import type { CameraTest, Runner } from "./runner.ts";

export interface NewCamera {
  name: string;
  kind: string;
  options: Record<string, unknown>;
  /** What is left out has its default. */
  settings?: Record<string, unknown>;
  /** Path or id of the machine that it looks at. */
  machine?: string | null;
  enabled?: boolean;
}
export interface CameraPatch {
  name?: string;
  /** All of them; secrets that are left out or `***` stay. */
  options?: Record<string, unknown>;
  /** Those that change. */
  settings?: Record<string, unknown>;
  machine?: string | null;
  enabled?: boolean;
}

/** In memory, where a change counts once it is written. */
export interface Cameras {
  load(): Promise<void>;
  /** By name. */
  all(): CameraView[];
  /** @throws `not_found` */
  find(id: string): CameraView;
  /** With secrets, as those need it who get its pictures; null: there is none, or its secrets cannot be read. */
  cameraOf(id: string): Camera | null;
  /** The one that is meant where none is named. @throws `not_found`, `conflict` naming them */
  meant(): CameraView;
  /** By id or name. @throws `not_found` */
  named(idOrName: string): CameraView;
  /** What keeps it alive; null while it is switched off, rests, or is being started. */
  runnerOf(id: string): Runner | null;
  /** Whether pictures come, also of one that is off. @throws `not_found`, `conflict`, `busy` */
  test(id: string): Promise<CameraTest>;
  /** Starts it anew at once, then tests it. @throws `not_found`, `conflict`, `busy` */
  recover(id: string, audited: Audited): Promise<CameraTest>;
  /** @throws `validation`; `conflict` when the name is taken */
  add(given: NewCamera, audited: Audited): Promise<CameraView>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: CameraPatch, audited: Audited): Promise<CameraView>;
  /** The address and port that an admin has to allow before it can connect; null: none. @throws `not_found` */
  asks(id: string): Promise<string | null>;
  /** Allows that this camera connects to this address and port. @throws `not_found`, `conflict` */
  allow(id: string, address: string, audited: Audited): Promise<CameraView>;
  /** Its kept pictures go with it. @throws `not_found` */
  remove(id: string, audited: Audited): Promise<CameraView>;
  /** Called with the id after each change. */
  onChange(listener: (id: string) => void): void;
  /** While the host is in need none of them runs. */
  rest(on: boolean): void;
  task: Task;
}

export interface CamerasDeps {
  db: Database;
  clock: Clock;
  log: Log;
  kinds: readonly CameraKind[];
  sealer: Sealer;
  machines: Pick<MachineDirectory, "find">;
  /** The address that has to be allowed for this camera; null: none. @throws PerchError `validation` */
  toAllow(target: { host: string; port: number } | null): Promise<string | null>;
  /** Refuses an address that cannot be called. @throws PerchError `validation` */
  check(field: string, url: string): Promise<void>;
  createRunner(camera: Camera): Promise<Runner>;
  /** Id or name of the one that is meant where none is named; empty: nobody chose. */
  chosen(): string;
  /** Why no pictures are got at the moment; null: they are. */
  refusal(): PerchError | null;
  /** What is written when a camera goes. */
  removing?(id: string): readonly SqlStatement[];
}

interface Entry {
  row: CameraRow;
  /** Null when its secrets cannot be read or this Perch does not know its kind. */
  camera: Camera | null;
  fault: string | null;
}

const MOST_CAMERAS = 32;

export function createCameras(deps: CamerasDeps): Cameras {
  const { db, clock, log, sealer } = deps;
  const store = createCameraStore(db);
  const entries = new Map<string, Entry>();
  const listeners: ((id: string) => void)[] = [];
  const oneAtATime = createTurns();
  const running = createKeepRunning({
    clock,
    log,
    wanted: () =>
      [...entries.values()].flatMap(({ camera }) => camera?.enabled === true ? [camera] : []),
    create: deps.createRunner,
  });
  let isResting = false;
  const startedMs = clock.now();

  const kindNamed = (name: string) => deps.kinds.find(({ kind }) => kind === name) ?? null;
  const byName = () => [...entries.values()].sort((a, b) => a.row.name < b.row.name ? -1 : 1);

  function need(id: string): Entry {
    const entry = entries.get(id);
    if (entry) return entry;
    throw new PerchError("not_found", `there is no camera "${id.slice(0, 80)}"`, {
      about: [`camera:${id}`],
    });
  }

  /** The row as it is used: options opened, settings of this version. */
  async function opened(row: CameraRow): Promise<Entry> {
    if (kindNamed(row.kind) === null) {
      const fault = `This Perch knows no camera of the kind ${row.kind}.`;
      return { row, camera: null, fault };
    }
    try {
      const camera = cameraOf(row, await openOptions(row, sealer));
      return { row, camera, fault: null };
    } catch (error) {
      log.warn(`the camera ${row.name} cannot be used`, { error });
      const fault = error instanceof PerchError ? error.message : "its secrets are unreadable";
      return { row, camera: null, fault };
    }
  }

  function healthOf({ row, fault }: Entry): CameraHealth {
    if (!row.enabled) return idleHealth("off", row.createdMs, null);
    if (isResting) {
      return idleHealth(
        "off",
        startedMs,
        "It waits, because the host that Perch runs on is in need.",
      );
    }
    const runner = running.runnerOf(row.id);
    if (runner !== null) return runner.health();
    const trouble = fault ?? running.troubleOf(row.id);
    return idleHealth(trouble === null ? "starting" : "lost", startedMs, trouble);
  }

  function viewOf(entry: Entry): CameraView {
    const { row, camera, fault } = entry;
    const kind = kindNamed(row.kind);
    const health = healthOf(entry);
    return {
      id: row.id,
      name: row.name,
      kind: row.kind,
      options: kind === null ? {} : hideSecrets(kind.options, camera?.options ?? row.options),
      settings: camera?.settings ?? storedSettings(row.settings),
      machine: row.machineId === null ? null : deps.machines.find(row.machineId)?.path ?? null,
      allowed: row.allowed,
      enabled: row.enabled,
      createdMs: row.createdMs,
      fault,
      health,
      text: healthText(row.name, health),
      frameMs: running.runnerOf(row.id)?.capture.latest()?.tMs ?? null,
    };
  }

  function checkName(name: string, self: string | null): void {
    const taken = [...entries.values()].find(({ row }) => row.name === name && row.id !== self);
    if (!taken) return;
    const message = `there is a camera "${name}" already`;
    const about = [`camera:${taken.row.id}`];
    throw new PerchError("conflict", message, { errors: [{ path: "name", message }], about });
  }

  function machineIdOf(wanted: string | null): string | null {
    if (wanted === null || wanted === "") return null;
    const machine = deps.machines.find(wanted);
    if (machine && machine.deletedMs === null) return machine.id;
    throw invalid("machine", `there is no machine "${wanted.slice(0, 200)}"`);
  }

  /** As the audit log shows it. */
  function shown(view: CameraView) {
    const { name, kind, options, settings, machine, allowed, enabled } = view;
    const power = settings.power_cycle_url === "" ? "" : "***";
    return {
      ...{ name, kind, options, machine, allowed, enabled },
      settings: { ...settings, power_cycle_url: power },
    };
  }

  const withName = (name: string) => [...entries.values()].find(({ row }) => row.name === name);

  function meant(): CameraView {
    const all = byName();
    const chosen = deps.chosen();
    const one = chosen === "" ? all : all.filter(({ row }) => [row.id, row.name].includes(chosen));
    if (one.length === 1) return viewOf(one[0]);
    if (all.length === 0) {
      throw new PerchError("not_found", "there is no camera: add one on the page Cameras");
    }
    const names = all.map(({ row }) => `${row.name} (${row.id})`).join(", ");
    throw new PerchError(
      "conflict",
      `say which camera is meant, or choose one in the setting cameras.default: ${names}`,
    );
  }

  /** One that is off is tested by a runner of its own, whoever asks meanwhile. */
  const tests = new Map<string, Promise<CameraTest>>();
  async function test(id: string): Promise<CameraTest> {
    const { camera, fault } = need(id);
    if (camera === null) throw new PerchError("conflict", fault ?? "it cannot be used");
    const refused = deps.refusal();
    if (refused !== null) throw refused;
    const runner = running.runnerOf(id);
    if (runner !== null) return await runner.test();
    const under = tests.get(id) ?? deps.createRunner(camera).then((one) => one.test())
      .finally(() => tests.delete(id));
    tests.set(id, under);
    return await under;
  }

  async function put(
    entry: Entry,
    audited: Audited,
    change: Omit<AuditChange, "resource">,
  ): Promise<CameraView> {
    const { id } = entry.row;
    await db.write([store.put(entry.row), audited({ ...change, resource: `camera:${id}` })]);
    entries.set(id, entry);
    changed(id);
    return viewOf(entry);
  }

  function changed(id: string): void {
    running.wake();
    listeners.forEach((listener) => listener(id));
  }

  async function settingsOf(
    given: Readonly<Record<string, unknown>>,
    before: Readonly<Record<string, unknown>>,
  ) {
    const settings = parseSettings(given, before);
    const url = settings.power_cycle_url;
    if (url !== "" && url !== before.power_cycle_url) {
      await deps.check("settings.power_cycle_url", url);
    }
    return settings;
  }

  /** What of a change needs the options that are stored. @throws PerchError `conflict`, `validation` */
  async function withOptions(before: Entry, sent: Record<string, unknown>): Promise<Entry> {
    const kind = kindNamed(before.row.kind);
    if (kind === null) throw new PerchError("conflict", before.fault!);
    const stored = before.camera?.options ?? before.row.options;
    const options = parseOptions(kind, keepSecrets(kind.options, sent, stored));
    const asked = await deps.toAllow(kind.target(options));
    const { allowed } = before.row;
    const row = { ...before.row, allowed: asked === allowed ? allowed : null };
    const sealed = await sealOptions(row, kind, options, sealer);
    return { row: sealed, camera: cameraOf(sealed, options), fault: null };
  }

  return {
    async load() {
      entries.clear();
      for (const row of await store.all()) entries.set(row.id, await opened(row));
    },
    all: () => byName().map(viewOf),
    find: (id) => viewOf(need(id)),
    cameraOf: (id) => entries.get(id)?.camera ?? null,
    named: (idOrName) => viewOf(entries.get(idOrName) ?? withName(idOrName) ?? need(idOrName)),
    meant,
    runnerOf: (id) => running.runnerOf(id),
    test,
    async recover(id, audited) {
      const { text, enabled } = viewOf(need(id));
      const runner = running.runnerOf(id);
      if (runner === null) throw deps.refusal() ?? new PerchError("conflict", text);
      const entry = { action: "camera.recover", resource: `camera:${id}`, touches: [] };
      await db.write([audited({ ...entry, after: { enabled } })]);
      runner.recover();
      return await test(id);
    },
    add: (given, audited) =>
      oneAtATime(async () => {
        const kind = kindNamed(given.kind);
        if (kind === null) {
          throw invalid("kind", `must be one of ${deps.kinds.map((one) => one.kind).join(", ")}`);
        }
        if (entries.size >= MOST_CAMERAS) {
          throw new PerchError("conflict", `more than ${MOST_CAMERAS} cameras are not possible`);
        }
        checkName(given.name, null);
        const options = parseOptions(kind, given.options);
        await deps.toAllow(kind.target(options));
        const row: CameraRow = await sealOptions(
          {
            id: randomId(12),
            name: given.name,
            kind: kind.kind,
            options: {},
            secrets: "",
            settings: await settingsOf(given.settings ?? {}, {}),
            machineId: machineIdOf(given.machine ?? null),
            allowed: null,
            enabled: given.enabled ?? true,
            createdMs: clock.now(),
          },
          kind,
          options,
          sealer,
        );
        const entry = { row, camera: cameraOf(row, options), fault: null };
        return await put(entry, audited, { action: "camera.create", after: shown(viewOf(entry)) });
      }),
    change: (id, patch, audited) =>
      oneAtATime(async () => {
        const before = need(id);
        if (patch.name !== undefined) checkName(patch.name, id);
        const entry = patch.options === undefined
          ? { ...before, row: { ...before.row } }
          : await withOptions(before, patch.options);
        const { row } = entry;
        if (patch.name !== undefined) row.name = patch.name;
        if (patch.enabled !== undefined) row.enabled = patch.enabled;
        if (patch.machine !== undefined) row.machineId = machineIdOf(patch.machine);
        if (patch.settings !== undefined) {
          row.settings = await settingsOf(patch.settings, storedSettings(row.settings));
        }
        if (entry.camera !== null) entry.camera = cameraOf(row, entry.camera.options);
        return await put(entry, audited, {
          action: "camera.update",
          before: shown(viewOf(before)),
          after: shown(viewOf(entry)),
        });
      }),
    async asks(id) {
      const { row, camera } = need(id);
      const kind = kindNamed(row.kind);
      if (kind === null || camera === null) return null;
      const asked = await deps.toAllow(kind.target(camera.options));
      return asked === row.allowed ? null : asked;
    },
    allow: (id, address, audited) =>
      oneAtATime(async () => {
        const before = need(id);
        const kind = kindNamed(before.row.kind);
        if (kind === null || before.camera === null) {
          throw new PerchError("conflict", before.fault ?? "its options cannot be read");
        }
        const asked = await deps.toAllow(kind.target(before.camera.options));
        if (asked !== address) {
          const now = asked === null ? "none has to be allowed" : `it is ${asked} now`;
          const message = `${address.slice(0, 80)} is not the address of this camera: ${now}`;
          throw new PerchError("conflict", message, { errors: [{ path: "address", message }] });
        }
        const row = { ...before.row, allowed: address };
        const entry = { row, camera: cameraOf(row, before.camera.options), fault: null };
        return await put(entry, audited, {
          action: "camera.allow",
          before: { allowed: before.row.allowed },
          after: { allowed: address },
        });
      }),
    remove: (id, audited) =>
      oneAtATime(async () => {
        const view = viewOf(need(id));
        await db.write([
          ...store.remove(id),
          ...deps.removing?.(id) ?? [],
          audited({ action: "camera.delete", resource: `camera:${id}`, before: shown(view) }),
        ]);
        entries.delete(id);
        changed(id);
        return view;
      }),
    onChange: (listener) => void listeners.push(listener),
    rest(on) {
      isResting = on;
      running.rest(on);
    },
    task: running.task,
  };
}

function cameraOf(row: CameraRow, options: Record<string, unknown>): Camera {
  const { id, name, kind, machineId, allowed, enabled } = row;
  return {
    ...{ id, name, kind, options, machineId, allowed, enabled },
    settings: storedSettings(row.settings),
  };
}

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
