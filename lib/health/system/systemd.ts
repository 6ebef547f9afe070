/**
 * systemd and logind over D-Bus.
 * Interfaces: https://www.freedesktop.org/wiki/Software/systemd/dbus/, man org.freedesktop.systemd1(5), org.freedesktop.login1(5).
 */
import { messageOf, PerchError } from "../../base/errors.ts";
import { type Bus, BusError, withBus } from "./bus.ts";
import type { SystemManager, UnitState } from "./system_manager.ts";

const ANSWER_MS = 5_000;
const UNITS_BELOW = "/org/freedesktop/systemd1/unit/";
const MANAGER = {
  to: "org.freedesktop.systemd1",
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
};
const LOGIND = {
  to: "org.freedesktop.login1",
  path: "/org/freedesktop/login1",
  interface: "org.freedesktop.login1.Manager",
};
const NO_UNIT = [
  "org.freedesktop.systemd1.NoSuchUnit",
  "org.freedesktop.systemd1.NoUnitForPID",
  "org.freedesktop.systemd1.LoadFailed",
];

/** Calls the manager of the bus at `address`; `what` is what was meant, for the sentence of an error. */
export type CallManager = (
  what: string,
  member: string,
  signature?: string,
  body?: unknown[],
) => Promise<unknown[]>;

/** systemd on the bus at `address`; `answerMs` is the deadline of each call. */
export function createSystemd(
  { address, answerMs = ANSWER_MS }: { address: string; answerMs?: number },
): SystemManager & { call: CallManager } {
  async function ask<T>(what: string, use: (bus: Bus) => Promise<T>): Promise<T> {
    try {
      return await withBus(address, answerMs, use);
    } catch (error) {
      throw explained(what, address, error);
    }
  }
  const call: CallManager = (what, member, signature, body) =>
    ask(what, (bus) => bus.call({ ...MANAGER, member, signature, body }));

  return {
    call,
    async ownUnit() {
      try {
        // 0 is whoever asks.
        const [path] = await call("ask for the unit of Perch", "GetUnitByPID", "u", [0]);
        const unit = unitOfPath(String(path));
        return unit.endsWith(".service") ? unit : null;
      } catch (error) {
        if (error instanceof PerchError && error.code === "not_found") return null;
        throw error;
      }
    },
    async unitStates(names) {
      if (names.length === 0) return [];
      const [rows] = await call("ask for units", "ListUnitsByNames", "as", [[...names]]);
      const found = (rows as string[][]).map(stateOfRow);
      return names.map((name) => found.find((one) => one.name === name) ?? missing(name));
    },
    async restartUnit(name) {
      await call(`restart ${name}`, "RestartUnit", "ss", [name, "replace"]);
    },
    async reboot() {
      await ask(
        "reboot this host",
        (bus) => bus.call({ ...LOGIND, member: "Reboot", signature: "b", body: [false] }),
      );
    },
  };
}

/** The first columns of `ListUnitsByNames`: a(ssssssouso). */
function stateOfRow([name, description, load, active, sub]: string[]): UnitState {
  return { name, description, load, active, sub };
}

function missing(name: string): UnitState {
  return { name, description: name, load: "not-found", active: "inactive", sub: "dead" };
}

/** `…/unit/perch_2eservice` → `perch.service` (sd_bus_path_encode). */
function unitOfPath(path: string): string {
  const encoded = path.startsWith(UNITS_BELOW) ? path.slice(UNITS_BELOW.length) : path;
  return encoded.replace(/_([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

/** The one sentence: what could not be done, why, and what helps. */
function explained(what: string, address: string, error: unknown): PerchError {
  const say = (rest: string) =>
    new PerchError("unavailable", `Perch cannot ${what}: ${rest}`, { cause: error });
  if (!(error instanceof BusError)) return say(messageOf(error));
  if (error.errorName !== null && NO_UNIT.includes(error.errorName)) {
    return new PerchError("not_found", `Perch cannot ${what}: ${error.message}`, { cause: error });
  }
  switch (error.fault) {
    case "no bus":
      return say(
        `no D-Bus can be used at ${address.replace(/^unix:\w+=/, "")} (${error.message}); ` +
          "this works on a host that runs systemd and D-Bus (Debian: apt install dbus)",
      );
    case "no service":
      return say("neither systemd nor logind answers on the D-Bus of this host");
    case "refused":
      return say(
        `this host refuses it (${error.message}); run "sudo perch install", which writes the rule ` +
          "that allows it, and needs polkit (Debian: apt install polkitd)",
      );
    default:
      return say(error.message);
  }
}
