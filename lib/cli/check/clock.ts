import type { Check } from "./check.ts";

/** A clock before this lost its time: a Pi without battery starts in the past. */
const PLAUSIBLE_FROM_MS = Date.UTC(2026, 0, 1);
const PLAUSIBLE_TO_MS = Date.UTC(2100, 0, 1);
/** systemd-timesyncd and chrony (Debian's place) leave these when they run. */
const SYNCED = "/run/systemd/timesync/synchronized";
const DAEMONS = [SYNCED, "/run/systemd/timesync", "/run/chrony", "/run/ntpd.pid"];

/** Is the time plausible, and does something keep it right? */
export function clockCheck(
  now: () => number = Date.now,
  exists: (path: string) => boolean = pathExists,
): Check {
  return {
    name: "clock",
    run() {
      const nowMs = now();
      const shown = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
      if (nowMs < PLAUSIBLE_FROM_MS || nowMs > PLAUSIBLE_TO_MS) {
        return Promise.resolve([{
          state: "problem",
          detail: `the host's clock says ${shown}`,
          advice:
            "Set the clock (timedatectl set-ntp true): readings without a time of their own " +
            "would be stored at a wrong one.",
        }]);
      }
      if (exists(SYNCED)) {
        return Promise.resolve([{ state: "ok", detail: `${shown}, synchronised` }]);
      }
      if (DAEMONS.some(exists)) {
        return Promise.resolve([{
          state: "ok",
          detail: `${shown}; a time service runs, it does not say whether it has synchronised`,
        }]);
      }
      return Promise.resolve([{
        state: "warn",
        detail: `${shown}; no time service was found`,
        advice: "Install one (apt install systemd-timesyncd) so that the clock cannot drift.",
      }]);
    },
  };
}

function pathExists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
