import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../../base/durable_file.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import { duration } from "../../words/times.ts";
import type { SystemManager } from "./system_manager.ts";

const rebootShape = z.strictObject({
  at_ms: z.number(),
  by: z.string().describe("who asked"),
  why: z.string(),
});
/** The reboot that Perch asked for last. */
export type Reboot = z.output<typeof rebootShape>;

/** Reboots of the host, at most one per interval, also over the reboots themselves. */
export interface Reboots {
  /** @throws PerchError `unavailable` when the file that says so cannot be read */
  last(): Promise<Reboot | null>;
  /**
   * Writes down what is to happen, durably, calls `announce`, and then asks the host. When the host refuses, it did
   * not happen.
   * @throws PerchError `conflict` when the last one was less than `apartMs` ago, `unavailable` when it cannot be
   * written down or the host refuses
   */
  ask(reboot: AskedReboot): Promise<void>;
}

export interface AskedReboot {
  by: string;
  why: string;
  apartMs: number;
  announce: () => Promise<unknown>;
}

const FILE = "last-reboot.json";

/** Pure: how long to wait until the next reboot, 0: no longer. `upMs` is how long Perch runs, by a clock that never jumps. */
export function waitMs(
  last: Pick<Reboot, "at_ms"> | null,
  { nowMs, upMs, apartMs }: { nowMs: number; upMs: number; apartMs: number },
): number {
  if (last === null) return 0;
  // In the future: the clock was wrong, then or now. At least this start was after it.
  const sinceMs = last.at_ms <= nowMs ? nowMs - last.at_ms : upMs;
  return Math.max(0, apartMs - sinceMs);
}

export function createReboots(
  { dataDir, clock, manager }: {
    dataDir: string;
    clock: { now(): number; monotonic(): number };
    manager: Pick<SystemManager, "reboot">;
  },
): Reboots {
  const path = join(dataDir, FILE);
  const startMs = clock.monotonic();

  async function last(): Promise<Reboot | null> {
    try {
      return rebootShape.parse(JSON.parse(await Deno.readTextFile(path)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw new PerchError(
        "unavailable",
        `${path} does not say when this host was rebooted last; remove it if that is long ago`,
        { cause: error },
      );
    }
  }

  async function write(reboot: Reboot | null): Promise<void> {
    try {
      if (reboot === null) await Deno.remove(path);
      else await writeDurably(path, new TextEncoder().encode(JSON.stringify(reboot)));
    } catch (error) {
      throw new PerchError(
        "unavailable",
        `this host is not rebooted, because that cannot be written down in ${path} (${
          messageOf(error)
        })`,
        { cause: error },
      );
    }
  }

  return {
    last,
    async ask({ by, why, apartMs, announce }) {
      const before = await last();
      const times = { nowMs: clock.now(), upMs: clock.monotonic() - startMs, apartMs };
      const restMs = waitMs(before, times);
      if (restMs > 0) {
        throw new PerchError(
          "conflict",
          `this host was rebooted a short time ago (${before!.why}); the next time is possible in ${
            duration(restMs)
          }`,
          { retryAfterS: Math.ceil(restMs / 1000) },
        );
      }
      await write({ at_ms: times.nowMs, by, why });
      try {
        await announce();
        await manager.reboot();
      } catch (error) {
        await write(before);
        throw error;
      }
    },
  };
}
