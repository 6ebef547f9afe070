import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { bytes as bytesWords } from "../words/numbers.ts";
import { type FileLimits, type JobRoom, outOfRoom } from "./decide.ts";
import { Interruption, type Run } from "./run.ts";

/** Work that says nothing for so long has hung. */
const HUNG_MS = 30 * 60_000;
/** Work that was ended and does not end gives up its place. */
const GRACE_MS = 30_000;

export interface WatchDeps {
  clock: Clock;
  log: Log;
  room(): Promise<JobRoom>;
  limits(): FileLimits;
  /** Bytes that a job has written so far. */
  written(id: string): Promise<number>;
}

/** Ends what hangs, what finds no room, and what writes too much; what does not end then is taken out of `runs`. */
export async function watchRuns(
  runs: Map<string, Run>,
  { clock, log, room, limits, written }: WatchDeps,
): Promise<void> {
  if (runs.size === 0) return;
  const lack = outOfRoom(await room());
  const nowMs = clock.monotonic();
  for (const [id, run] of runs) {
    await run.keep();
    const since = run.interruptedMs();
    if (since !== null && nowMs - since > GRACE_MS) {
      log.error(`${run.kept.title} does not end; it is left alone`, { id });
      runs.delete(id);
      continue;
    }
    const wrong = lack ?? hungSentence(nowMs - run.movedMs()) ??
      tooMuch(await written(id), limits());
    if (wrong !== null) run.interrupt(new Interruption("failed", wrong));
  }
}

function tooMuch(written: number, { mostBytes }: FileLimits): string | null {
  if (written <= mostBytes) return null;
  return `Its file would be larger than ${bytesWords(mostBytes)}, which is all that files of ` +
    "jobs may take (a setting): order less.";
}

function hungSentence(silentMs: number): string | null {
  if (silentMs < HUNG_MS) return null;
  return "Nothing came of it for half an hour, so it was ended. Order less, or look into the log.";
}
