import { join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { UNIT } from "../install/unit.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

/** Where units are looked for, the first before the others (man systemd.unit). */
const PLACES = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];
const INSTALL = "sudo perch install writes the service and enables it.";

/** Does something start Perch after the host's start and after a fault? Looks at files alone. */
export function serviceCheck(root = "/"): Check {
  const at = (path: string) => join(root, path);
  return {
    name: "service",
    deadlineMs: 5_000,
    async run() {
      if (!await isThere(at("/run/systemd/system"))) {
        return [{
          state: "unknown",
          detail: "this host has no systemd: what starts Perch is not known",
        }];
      }
      for (const place of PLACES) {
        const path = at(join(place, UNIT));
        const text = await textOf(path);
        if (text === null) continue;
        const more = await dropIns(at(`/etc/systemd/system/${UNIT}.d`));
        const isEnabled = await isThere(at(`/etc/systemd/system/multi-user.target.wants/${UNIT}`));
        return judgeUnit(join(place, UNIT), [text, ...more].join("\n"), isEnabled);
      }
      return [{
        state: "warn",
        detail: `there is no ${UNIT}: nothing starts Perch after a restart of the host`,
        advice: INSTALL,
      }];
    },
  };
}

/** What a unit says about starting, restarting and being watched. */
export function judgeUnit(path: string, text: string, isEnabled: boolean): Found[] {
  const value = (key: string) => {
    const all = [...text.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`, "gm"))];
    return all.at(-1)?.[1] ?? "";
  };
  const found: Found[] = [];
  found.push(
    isEnabled ? { state: "ok", detail: `${path} is enabled` } : {
      state: "warn",
      detail: `${path} is not enabled: nothing starts Perch after a restart of the host`,
      advice: "sudo systemctl enable perch",
    },
  );
  if (!/^(always|on-failure|on-abnormal|on-watchdog)$/.test(value("Restart"))) {
    found.push({
      state: "warn",
      detail: `Restart is "${value("Restart") || "no"}" there: a Perch that ends stays ended`,
      advice: INSTALL,
    });
  }
  const watched = value("WatchdogSec");
  const isWatched = watched !== "" && !/^(0|infinity)/.test(watched) && value("Type") === "notify";
  found.push(
    isWatched ? { state: "ok", detail: `systemd restarts a Perch that hangs for ${watched}` } : {
      state: "warn",
      detail: "systemd does not watch Perch there: one that hangs is not restarted",
      advice: `Set Type=notify and WatchdogSec=, or: ${INSTALL}`,
    },
  );
  return found;
}

async function dropIns(folder: string): Promise<string[]> {
  const texts: string[] = [];
  try {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    for (const name of names.filter((one) => one.endsWith(".conf"))) {
      texts.push(await textOf(join(folder, name)) ?? "");
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return texts;
}

/** Null: it is not there. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Error(`${path} cannot be read (${messageOf(error)})`);
  }
}

async function isThere(path: string): Promise<boolean> {
  // A link counts: that it leads somewhere is systemd's business.
  return await Deno.lstat(path).then(() => true, () => false);
}
