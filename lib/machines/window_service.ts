/** What people change about maintenance windows; `service.ts` puts it beside machines and sensors. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { type NamedMachine, placeMeant } from "./places.ts";
import { deleteWindow, insertWindow, setWindowDeleted } from "./store.ts";
import type { MaintenanceWindow, Timing } from "./windows.ts";

export interface WindowService {
  /** Without deleted ones. */
  windows(): readonly MaintenanceWindow[];
  deletedWindow(id: string): MaintenanceWindow | undefined;
  /** `path` may be what people call the machine. @throws `validation` when there is no such place */
  addWindow(
    given: { path: string; title: string; timing: Timing },
    audited: Audited,
  ): Promise<MaintenanceWindow>;
  /** @throws `not_found` */
  removeWindow(id: string, audited: Audited): Promise<MaintenanceWindow>;
  /** @throws `not_found` */
  restoreWindow(id: string, audited: Audited): Promise<MaintenanceWindow>;
}

/** For the machines service, whose changes these go along with. */
export interface WindowChanges {
  /** A machine was moved; the rows are changed already. */
  moved(from: string, to: string): void;
  /** Removes for good what was deleted before; call it within `exclusive`. Gives how many. */
  purge(beforeMs: number, audited: Audited): Promise<number>;
}

export function createWindowService(deps: {
  db: Database;
  clock: Clock;
  windows: readonly MaintenanceWindow[];
  /** What a window may name. */
  machines: () => readonly NamedMachine[];
  /** One change after the other. */
  exclusive: <T>(run: () => Promise<T>) => Promise<T>;
}): { service: WindowService; changes: WindowChanges } {
  const { db, clock, exclusive } = deps;
  let all: readonly MaintenanceWindow[] = [];
  let alive: readonly MaintenanceWindow[] = [];
  keep(deps.windows);

  function keep(windows: readonly MaintenanceWindow[]): void {
    all = windows;
    alive = windows.filter(({ deletedMs }) => deletedMs === null);
  }

  async function setDeleted(
    window: MaintenanceWindow,
    deletedMs: number | null,
    audited: Audited,
  ): Promise<MaintenanceWindow> {
    const { id } = window;
    const action = deletedMs === null
      ? { action: "maintenance.restore", after: shown(window) }
      : { action: "maintenance.delete", before: shown(window) };
    await db.write([
      setWindowDeleted(id, deletedMs),
      audited({ resource: `maintenance:${id}`, ...action }),
    ]);
    const next = { ...window, deletedMs };
    keep(all.map((one) => one === window ? next : one));
    return next;
  }

  /** A window for what is not there would let its alarms go out. */
  const namedPath = (text: string) => placeMeant(text, deps.machines(), "path");

  function find(id: string): MaintenanceWindow {
    const window = all.find((one) => one.id === id);
    if (window) return window;
    throw new PerchError("not_found", `there is no maintenance window "${id}"`, {
      about: [`maintenance:${id}`],
    });
  }

  const service: WindowService = {
    windows: () => alive,
    deletedWindow: (id) => all.find((one) => one.id === id && one.deletedMs !== null),
    addWindow: (given, audited) =>
      exclusive(async () => {
        const path = given.path === "" ? "" : namedPath(given.path);
        const window = {
          id: randomId(12),
          ...given,
          path,
          createdMs: clock.now(),
          deletedMs: null,
        };
        await db.write([
          insertWindow(window),
          audited({
            action: "maintenance.create",
            resource: `maintenance:${window.id}`,
            after: shown(window),
          }),
        ]);
        keep([...all, window]);
        return window;
      }),
    removeWindow: (id, audited) =>
      exclusive(async () => {
        const window = find(id);
        if (window.deletedMs === null) return await setDeleted(window, clock.now(), audited);
        throw new PerchError("not_found", `the maintenance window "${id}" was deleted already`, {
          about: [`maintenance:${id}`],
        });
      }),
    restoreWindow: (id, audited) =>
      exclusive(async () => {
        const window = find(id);
        return window.deletedMs === null ? window : await setDeleted(window, null, audited);
      }),
  };
  const changes: WindowChanges = {
    moved(from, to) {
      keep(all.map((one) => one.path === from ? { ...one, path: to } : one));
    },
    async purge(beforeMs, audited) {
      const due = all.filter(({ deletedMs }) => deletedMs !== null && deletedMs < beforeMs);
      for (const window of due) {
        const { id } = window;
        await db.write([
          deleteWindow(id),
          audited({
            action: "maintenance.purge",
            resource: `maintenance:${id}`,
            before: shown(window),
          }),
        ]);
        keep(all.filter((one) => one !== window));
      }
      return due.length;
    },
  };
  return { service, changes };
}

/** As the audit log shows it. */
function shown({ path, title, timing }: MaintenanceWindow) {
  return { path, title, timing };
}
