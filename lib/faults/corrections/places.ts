/** Where a correction changes something: reads it, writes it, and knows what is kept of it. */
import { join } from "node:path";
import { makeFolder, removeDurably, writeDurably } from "../../base/durable_file.ts";
import { PerchError } from "../../base/errors.ts";
import type { SqlStatement } from "../../db/client.ts";
import type { ScriptRef } from "../../scripts/script.ts";
import type { Scripts } from "../../scripts/scripts.ts";
import { sha256 } from "./hash.ts";
import { parseTarget, type Target } from "./targets.ts";

/** What is known of a setting, and how it is set. */
export interface SettingPlace {
  /** What is stored and not in force; undefined: there is nothing of the kind. */
  unusedValue(key: string): unknown;
  /** JSON Schema of its value. */
  schema(key: string): unknown;
  /** What is in force. */
  value(key: string): unknown;
  /** Null: the default. */
  set(key: string, value: unknown, by: string, also: readonly SqlStatement[]): Promise<void>;
}

export interface Places {
  /** Hash of what the target holds; null: it is gone, or cannot be used. */
  hash(target: string): Promise<string | null>;
  /** Writes what is to be there, where the other still is. @throws PerchError `conflict` */
  write(target: string, change: Change): Promise<void>;
  /** A copy of the file beside it, which no folder of scripts takes for one. */
  backUp(target: string, id: number, text: string): Promise<void>;
  /** Removes such copies of what was applied before. */
  sweep(beforeMs: number): Promise<void>;
}

export interface Change {
  expectedHash: string;
  text: string;
  actor: string;
  reason: string;
  /** Of the same transaction. */
  also: readonly SqlStatement[];
}

const COPY = /^[a-z0-9_-]{1,64}\.js\.before-\d{1,16}\.bak$/;
const FOLDERS = ["codecs", "detectors", "fault_detectors"];

export function createPlaces(
  { dataDir, scripts, settings }: {
    dataDir: string;
    scripts: Pick<Scripts, "read" | "write">;
    settings: SettingPlace;
  },
): Places {
  const place = (target: string): Target => {
    const found = parseTarget(target);
    // Asked again at the last moment: nothing else is ever written.
    if (found === null) {
      throw new PerchError("forbidden", `${target} is nothing that may be changed`);
    }
    return found;
  };
  const settingText = (key: string) => {
    const unused = settings.unusedValue(key);
    return `${JSON.stringify(unused === undefined ? settings.value(key) : unused)}\n`;
  };

  async function hash(target: string): Promise<string | null> {
    const found = place(target);
    if ("setting" in found) return sha256(settingText(found.setting));
    return await hashOfScript(scripts, found.script);
  }

  return {
    hash,
    async write(target, { expectedHash, text, actor, reason, also }) {
      const found = place(target);
      if ("script" in found) {
        await scripts.write(found.script, text, { actor, reason, expectedHash, also });
        return;
      }
      if (await hash(target) !== expectedHash) {
        throw new PerchError("conflict", `${found.setting} was changed meanwhile`);
      }
      await settings.set(found.setting, JSON.parse(text), actor, also);
    },
    async backUp(target, id, text) {
      if (!("script" in place(target))) return;
      const path = join(dataDir, `${target}.before-${id}.bak`);
      await makeFolder(join(path, ".."));
      await writeDurably(path, new TextEncoder().encode(text));
    },
    async sweep(beforeMs) {
      for (const name of FOLDERS) {
        const folder = join(dataDir, name);
        const files = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
        for (const file of files) {
          if (!file.isFile || !COPY.test(file.name)) continue;
          const { mtime } = await Deno.lstat(join(folder, file.name));
          if (mtime !== null && mtime.getTime() < beforeMs) {
            await removeDurably(join(folder, file.name));
          }
        }
      }
    },
  };
}

async function hashOfScript(
  scripts: Pick<Scripts, "read">,
  ref: ScriptRef,
): Promise<string | null> {
  try {
    return (await scripts.read(ref)).hash;
  } catch (error) {
    if (error instanceof PerchError && /not_found|conflict/.test(error.code)) return null;
    throw error;
  }
}
