import { messageOf, PerchError } from "../../base/errors.ts";
import type { EventDraft } from "../../events/event.ts";
import type { Reboot, Reboots } from "./reboots.ts";
import type { SystemManager, UnitState } from "./system_manager.ts";
import type { UnitList } from "./unit_list.ts";
import type { UnitWatch, WatchedUnit } from "./unit_watch.ts";

/** What people may do with the host, and how it stands. Who asks was checked before. */
export interface SystemControl {
  /** The name of the host, which whoever restarts something types. */
  readonly host: string;
  look(): Promise<SystemView>;
  /** Restarts `units`; default all that are listed, and Perch last. Gives those that systemd took. @throws PerchError */
  restart(units: readonly string[] | null, by: string): Promise<string[]>;
  /** @throws PerchError `conflict` when the last one was a short time ago */
  reboot(by: string): Promise<void>;
}

export interface SystemView {
  /** The unit that Perch runs as; null: it is no service. */
  service: UnitState | null;
  /** Why systemd cannot be asked; null: it can. */
  refusal: string | null;
  units: readonly WatchedUnit[];
  listTrouble: string | null;
  lastReboot: Reboot | null;
}

export interface SystemControlParts {
  host: string;
  clock: { now(): number };
  manager: SystemManager;
  list: () => Promise<UnitList>;
  watch: Pick<UnitWatch, "units">;
  reboots: Reboots;
  append: (event: EventDraft) => Promise<unknown>;
}

/** A person who reboots twice within it meant to once. */
const APART_MS = 5 * 60_000;

export function createSystemControl(parts: SystemControlParts): SystemControl {
  const { host, clock, manager, reboots } = parts;

  const say = (
    type: "system.reboot" | "system.services_restarted",
    text: string,
    by: string,
    severity: EventDraft["severity"] = "warning",
  ) =>
    parts.append({
      ...{ type, severity, text, subject: `host:${host}`, tMs: clock.now(), actor: by },
      ...{ body: { host }, route: true },
    });

  /** As they are now, with what Perch did about the watched ones. */
  async function states(units: readonly string[]): Promise<Pick<SystemView, "service" | "units">> {
    const own = await manager.ownUnit();
    const found = await manager.unitStates([...units, ...(own === null ? [] : [own])]);
    const known = new Map(parts.watch.units().map((one) => [one.name, one]));
    return {
      service: own === null ? null : found[units.length],
      units: found.slice(0, units.length).map((state) => ({
        ...{ failedSinceMs: null, restarts: 0, gaveUp: false },
        ...known.get(state.name),
        ...state,
      })),
    };
  }

  /** Asks in order; what systemd took is given even when a later one is refused. */
  async function restartEach(units: readonly string[], by: string): Promise<string[]> {
    const taken: string[] = [];
    for (const unit of units) {
      try {
        await manager.restartUnit(unit);
        taken.push(unit);
      } catch (error) {
        await say(
          "system.services_restarted",
          `${unit} was not restarted: ${messageOf(error)}`,
          by,
        );
        throw error;
      }
    }
    return taken;
  }

  return {
    host,
    async look() {
      const { units, trouble } = await parts.list();
      const lastReboot = await reboots.last().catch(() => null);
      const rest = { listTrouble: trouble, lastReboot };
      try {
        return { ...rest, ...await states(units), refusal: null };
      } catch (error) {
        return { ...rest, service: null, units: [], refusal: messageOf(error) };
      }
    },
    async restart(asked, by) {
      const service = await manager.ownUnit();
      // Perch last: the others are asked for by it.
      const known = [...(await parts.list()).units, ...(service === null ? [] : [service])];
      if (known.length === 0) throw nothingToRestart();
      const unknown = asked?.find((unit) => !known.includes(unit));
      if (unknown !== undefined) {
        const message = `"${unknown}" is not one of ${known.join(", ")}`;
        throw new PerchError("validation", message, { errors: [{ path: "units", message }] });
      }
      const units = asked === null ? known : known.filter((unit) => asked.includes(unit));
      await say("system.services_restarted", `${by} restarts ${units.join(", ")}`, by);
      return await restartEach(units, by);
    },
    async reboot(by) {
      const why = `${by} asked for it`;
      const announce = () =>
        say("system.reboot", `${by} reboots this host (${host})`, by, "critical");
      try {
        await reboots.ask({ by, why, apartMs: APART_MS, announce });
      } catch (error) {
        await say("system.reboot", `This host was not rebooted: ${messageOf(error)}`, by);
        throw error;
      }
    },
  };
}

function nothingToRestart(): PerchError {
  return new PerchError(
    "unavailable",
    'there is nothing to restart: Perch does not run as a service ("sudo perch install" makes one ' +
      "of it), and /etc/perch/units lists no unit",
  );
}

/** Where Perch does not touch the host that it runs on. */
export function noManager(why: string): SystemManager {
  const refuse = () => Promise.reject(new PerchError("unavailable", why));
  return { ownUnit: refuse, unitStates: refuse, restartUnit: refuse, reboot: refuse };
}
