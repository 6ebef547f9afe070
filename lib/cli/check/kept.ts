import { backupsFolder, readBackups } from "../../backup/folder.ts";
import { logsFolder } from "../../app/log_files.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import { bytes } from "../../words/numbers.ts";
import { DAY_MS, span } from "../../words/times.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

const DEADLINE_MS = 10_000;
/** Twice the schedule that is set from the start; whoever chose weekly ones has a warning to read. */
const OLD_MS = 2 * DAY_MS;

/** Is there a good backup, and how old is it? */
export function backupsCheck(config: Config, nowMs: () => number = Date.now): Check {
  return {
    name: "backups",
    deadlineMs: DEADLINE_MS,
    async run() {
      const { url } = config.database;
      if (!url.startsWith("file:")) {
        return [{ state: "unknown", detail: "backups of a database server are its own business" }];
      }
      const { good: [newest], bad } = await readBackups(backupsFolder(config.dataDir));
      const found: Found[] = bad.length === 0 ? [] : [{
        state: "warn",
        detail: `${bad.length} in the folder of backups do not count: ${bad[0].file}: ${
          bad[0].reason
        }`,
        advice: "Delete them, or look there for what else is wrong with that disk.",
      }];
      if (newest === undefined) {
        const isNew = await Deno.stat(url.slice("file:".length)).then(() => false, () => true);
        return [
          isNew ? { state: "ok", detail: "there is nothing to back up yet" } : {
            state: "warn",
            detail: "there is no good backup",
            advice:
              "perch backup makes one now; while Perch runs it makes them by itself every night.",
          },
          ...found,
        ];
      }
      const ageMs = nowMs() - newest.manifest.created_ms;
      const detail = `the newest good one (${bytes(newest.bytes)}) is ${
        span(Math.max(0, ageMs))
      } old`;
      const isOld = ageMs > OLD_MS;
      return [
        isOld
          ? {
            state: "warn",
            detail,
            advice: "perch backup makes one now; the page Backups says why none was made.",
          }
          : { state: "ok", detail },
        ...found,
      ];
    },
  };
}

/** Can the log files be written, and what do they take? */
export function logFilesCheck(config: Config): Check {
  const folder = logsFolder(config.dataDir);
  return {
    name: "log files",
    deadlineMs: DEADLINE_MS,
    async run() {
      const owner = (await Deno.stat(config.dataDir).catch(() => null))?.uid;
      let size = 0;
      const others: string[] = [];
      try {
        const { isDirectory } = await Deno.stat(folder);
        if (!isDirectory) return [unusable(folder, "it is no folder")];
        for await (const { name } of Deno.readDir(folder)) {
          const info = await Deno.lstat(`${folder}/${name}`).catch(() => null);
          size += info?.size ?? 0;
          if (info !== null && (info.uid !== owner || !info.isFile)) others.push(name);
        }
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) {
          return [{ state: "ok", detail: `${folder} does not exist yet; the first line makes it` }];
        }
        return [unusable(folder, messageOf(error))];
      }
      if (others.length === 0) return [{ state: "ok", detail: `${folder} takes ${bytes(size)}` }];
      return [unusable(folder, `${others[0]} belongs to another user, or is no file`)];
    },
  };
}

function unusable(folder: string, why: string): Found {
  return {
    state: "warn",
    detail: `${folder} cannot be written: ${why}`,
    advice:
      "Perch goes on without these files. Move away what is there, or chown it to the user of Perch.",
  };
}
