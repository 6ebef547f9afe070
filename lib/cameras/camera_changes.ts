/** What people change of cameras: one change at a time, each written together with its row of the audit log. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { keepSecrets } from "../base/options.ts";
import type { Sealer } from "../base/sealed.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { AuditChange, Audited } from "../events/audit_change.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import type { CameraSettings } from "./camera.ts";
import { type Entries, type Entry, entryOf } from "./camera_entries.ts";
import { parseOptions, parseSettings, sealRow, storedSettings } from "./camera_options.ts";
import { type CameraRow, createCameraStore } from "./camera_store.ts";
import type { CameraView } from "./camera_view.ts";
import type { CameraKind } from "./kinds/kind.ts";

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

export interface CameraChanges {
  /** @throws `validation`; `conflict` when the name is taken */
  add(given: NewCamera, audited: Audited): Promise<CameraView>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, patch: CameraPatch, audited: Audited): Promise<CameraView>;
  /** The address and port that an admin has to allow before it can connect; null: none. @throws `not_found` */
  asks(id: string): Promise<string | null>;
  /** Allows that this camera connects there. @throws `not_found`, `conflict` when it is not its address */
  allow(id: string, address: string, audited: Audited): Promise<CameraView>;
  /** Its kept pictures go with it. @throws `not_found` */
  remove(id: string, audited: Audited): Promise<CameraView>;
}

/** Where a camera connects to. */
export type Target = ReturnType<CameraKind["target"]>;

export interface ChangeDeps {
  db: Database;
  clock: Clock;
  kinds: readonly CameraKind[];
  sealer: Sealer;
  machines: Pick<MachineDirectory, "find">;
  /**
   * The address and port that somebody has to allow; null: none.
   * @throws PerchError `validation` for one that nobody may, `unavailable` when its name is not known now
   */
  addressToAllow(target: Target): Promise<string | null>;
  /** Refuses an address that cannot be called. @throws PerchError `validation` */
  checkUrl(field: string, url: string): Promise<void>;
  /** Why a control cannot switch a camera; null: it can. */
  outputFault(id: string): string | null;
  /** What else is written when a camera goes. */
  removing?(id: string): readonly SqlStatement[];
}

/** What the changes work on. */
export interface Changed {
  entries: Entries;
  viewOf(entry: Entry): CameraView;
  onChange(id: string): void;
}

type Fields = Readonly<Record<string, unknown>>;

const MOST_CAMERAS = 32;

export function createCameraChanges(
  deps: ChangeDeps,
  { entries, viewOf, onChange }: Changed,
): CameraChanges {
  const { db, sealer } = deps;
  const store = createCameraStore(db);
  const oneAtATime = createTurns();

  async function put(
    entry: Entry,
    audited: Audited,
    change: Omit<AuditChange, "resource">,
  ): Promise<CameraView> {
    const { id } = entry.row;
    await db.write([store.put(entry.row), audited({ ...change, resource: `camera:${id}` })]);
    entries.put(entry);
    onChange(id);
    return viewOf(entry);
  }

  function checkName(name: string, self: string | null): void {
    const taken = entries.all().find(({ row }) => row.name === name && row.id !== self);
    if (!taken) return;
    const message = `there is a camera "${name}" already`;
    const about = [`camera:${taken.row.id}`];
    throw new PerchError("conflict", message, { errors: [{ path: "name", message }], about });
  }

  /** One that was deleted stays where it stands. */
  function machineIdOf(wanted: string | null, before: string | null = null): string | null {
    if (wanted === null || wanted === "") return null;
    const machine = deps.machines.find(wanted);
    if (machine && (machine.deletedMs === null || machine.id === before)) return machine.id;
    throw invalid("machine", `there is no machine "${wanted.slice(0, 200)}"`);
  }

  async function settingsOf(given: Fields, before: Fields): Promise<CameraSettings> {
    const settings = parseSettings(given, before);
    const url = settings.power_cycle_url;
    if (url !== "" && url !== before.power_cycle_url) {
      await deps.checkUrl("settings.power_cycle_url", url);
    }
    const output = settings.power_output;
    const wrong = output === "" || output === before.power_output ? null : deps.outputFault(output);
    if (wrong !== null) throw invalid("settings.power_output", wrong);
    return settings;
  }

  /** The same camera with other options; what was allowed holds for the address that it was allowed for. */
  async function withOptions(before: Entry, sent: Record<string, unknown>): Promise<Entry> {
    const { kind, camera, row } = before;
    if (kind === null) throw new PerchError("conflict", before.fault!);
    const stored = camera?.options ?? row.options;
    const options = parseOptions(kind, keepSecrets(kind.options, sent, stored));
    const isThere = camera !== null &&
      sameTarget(kind.target(camera.options), kind.target(options));
    const asked = isThere ? row.allowed : await asksFor(kind, options);
    const allowed = asked === row.allowed ? asked : null;
    return entryOf(await sealRow({ ...row, allowed }, kind, options, sealer), kind, options);
  }

  /** An address that nobody may connect to is refused while somebody looks at the form; one that is away is not. */
  async function asksFor(kind: CameraKind, options: Fields): Promise<string | null> {
    try {
      return await deps.addressToAllow(kind.target(options));
    } catch (error) {
      if (error instanceof PerchError && error.code === "unavailable") return null;
      throw error;
    }
  }

  function usable({ kind, camera, fault }: Entry) {
    if (kind !== null && camera !== null) return { kind, camera };
    throw new PerchError("conflict", fault ?? "it cannot be used");
  }

  async function asks(id: string): Promise<string | null> {
    const { kind, camera } = entries.need(id);
    if (kind === null || camera === null) return null;
    const asked = await asksFor(kind, camera.options);
    return asked === camera.allowed ? null : asked;
  }

  async function add(given: NewCamera, audited: Audited): Promise<CameraView> {
    const kind = deps.kinds.find((one) => one.kind === given.kind);
    if (kind === undefined) {
      throw invalid("kind", `must be one of ${deps.kinds.map((one) => one.kind).join(", ")}`);
    }
    if (entries.all().length >= MOST_CAMERAS) {
      throw new PerchError("conflict", `more than ${MOST_CAMERAS} cameras are not possible`);
    }
    checkName(given.name, null);
    const options = parseOptions(kind, given.options);
    await asksFor(kind, options);
    const row: CameraRow = {
      id: randomId(12),
      name: given.name,
      kind: kind.kind,
      options: {},
      secrets: "",
      settings: await settingsOf(given.settings ?? {}, {}),
      machineId: machineIdOf(given.machine ?? null),
      allowed: null,
      enabled: given.enabled ?? true,
      createdMs: deps.clock.now(),
    };
    const entry = entryOf(await sealRow(row, kind, options, sealer), kind, options);
    return await put(entry, audited, { action: "camera.create", after: audit(viewOf(entry)) });
  }

  async function change(id: string, patch: CameraPatch, audited: Audited): Promise<CameraView> {
    const before = entries.need(id);
    if (patch.name !== undefined) checkName(patch.name, id);
    const changed = patch.options === undefined ? before : await withOptions(before, patch.options);
    const row = { ...changed.row };
    if (patch.name !== undefined) row.name = patch.name;
    if (patch.enabled !== undefined) row.enabled = patch.enabled;
    if (patch.machine !== undefined) row.machineId = machineIdOf(patch.machine, row.machineId);
    if (patch.settings !== undefined) {
      row.settings = await settingsOf(patch.settings, storedSettings(row.settings));
    }
    const { kind, camera } = changed;
    const entry = kind === null || camera === null
      ? { ...changed, row }
      : entryOf(row, kind, camera.options);
    return await put(entry, audited, {
      action: "camera.update",
      before: audit(viewOf(before)),
      after: audit(viewOf(entry)),
    });
  }

  async function allow(id: string, address: string, audited: Audited): Promise<CameraView> {
    const { row } = entries.need(id);
    const { kind, camera } = usable(entries.need(id));
    const asked = await deps.addressToAllow(kind.target(camera.options));
    if (asked !== address) {
      const now = asked === null ? "none has to be allowed" : `it is ${asked} now`;
      const message = `${address.slice(0, 80)} is not the address of this camera: ${now}`;
      throw new PerchError("conflict", message, { errors: [{ path: "address", message }] });
    }
    const entry = entryOf({ ...row, allowed: address }, kind, camera.options);
    return await put(entry, audited, {
      action: "camera.allow",
      before: { allowed: row.allowed },
      after: { allowed: address },
    });
  }

  async function remove(id: string, audited: Audited): Promise<CameraView> {
    const view = viewOf(entries.need(id));
    await db.write([
      ...store.remove(id),
      ...deps.removing?.(id) ?? [],
      audited({ action: "camera.delete", resource: `camera:${id}`, before: audit(view) }),
    ]);
    entries.drop(id);
    onChange(id);
    return view;
  }

  return {
    add: (...given) => oneAtATime(() => add(...given)),
    change: (...given) => oneAtATime(() => change(...given)),
    asks,
    allow: (...given) => oneAtATime(() => allow(...given)),
    remove: (...given) => oneAtATime(() => remove(...given)),
  };
}

/** As the audit log shows it. */
function audit({ name, kind, options, settings, machine, allowed, enabled }: CameraView) {
  const url = settings.power_cycle_url === "" ? "" : "***";
  return {
    ...{ name, kind, options, machine, allowed, enabled },
    settings: { ...settings, power_cycle_url: url },
  };
}

const sameTarget = (a: Target, b: Target) => a?.host === b?.host && a?.port === b?.port;

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
