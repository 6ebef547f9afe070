/**
 * What follows after the files: the user, the units, the start. Perch may not start `systemctl`, so systemd is asked for
 * it over D-Bus; where that is not possible the commands are printed.
 */
import type { Clock } from "../../base/clock.ts";
import type { createSystemd } from "../../health/system/systemd.ts";
import { UNIT, USER } from "./unit.ts";

export type Systemd = Pick<ReturnType<typeof createSystemd>, "call" | "unitStates" | "restartUnit">;

/** To be typed where systemd cannot be asked. */
export const COMMANDS = [
  "sudo systemd-sysusers",
  "sudo systemctl daemon-reload",
  `sudo systemctl enable --now ${USER}`,
];
export const COMMANDS_BACK = [`sudo systemctl stop ${USER}`, "sudo systemctl daemon-reload"];

const MAKE_USER = "perch-user.service";
const USER_MS = 15_000;
/** Migrations and a backup before them take their time; the unit's own limit is TimeoutStartSec. */
const START_MS = 300_000;
const LOOK_MS = 500;

export interface Activation {
  systemd: Systemd;
  clock: Clock;
  /** Whether the user is there. */
  hasUser: () => boolean;
}

/** Makes the user, reads the units again, enables and (re)starts Perch. Gives the state it ends in: `active`, `failed` … */
export async function activate(
  { systemd, clock, hasUser }: Activation,
): Promise<{ active: string }> {
  if (!hasUser()) {
    await systemd.call("make the user perch", "StartTransientUnit", "ssa(sv)a(sa(sv))", [
      MAKE_USER,
      "replace",
      await sysusers(),
      [],
    ]);
    await until(clock, USER_MS, () => Promise.resolve(hasUser()));
    if (!hasUser()) throw new Error(`systemd made no user ${USER}: see journalctl -u ${MAKE_USER}`);
  }
  await reload(systemd);
  await systemd.call(`enable ${UNIT}`, "EnableUnitFiles", "asbb", [[UNIT], false, true]);
  await systemd.restartUnit(UNIT);
  let active = "unknown";
  await until(clock, START_MS, async () => {
    const [state] = await systemd.unitStates([UNIT]);
    // It ended, and systemd is about to try again: it will hardly be better.
    active = state.sub === "auto-restart" ? "failed" : state.active;
    return active === "active" || active === "failed";
  });
  return { active };
}

/** Stops Perch and keeps it from starting with the host. */
export async function stopPerch(systemd: Systemd): Promise<void> {
  const [{ load }] = await systemd.unitStates([UNIT]);
  if (load === "not-found") return;
  await systemd.call(`stop ${UNIT}`, "StopUnit", "ss", [UNIT, "replace"]);
  await systemd.call(`disable ${UNIT}`, "DisableUnitFiles", "asb", [[UNIT], false]);
}

export async function reload(systemd: Systemd): Promise<void> {
  await systemd.call("reload units", "Reload");
}

/** Properties of a unit that runs once: a(sv). */
async function sysusers(): Promise<[string, unknown][]> {
  const { variant } = await import("../../health/system/bus.ts");
  const program = "/usr/bin/systemd-sysusers";
  return [
    ["Type", await variant("s", "oneshot")],
    ["ExecStart", await variant("a(sasb)", [[program, [program], false]])],
  ];
}

async function until(clock: Clock, forMs: number, done: () => Promise<boolean>): Promise<void> {
  for (const endMs = clock.monotonic() + forMs; !await done() && clock.monotonic() < endMs;) {
    await clock.sleep(LOOK_MS);
  }
}
