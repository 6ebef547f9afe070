import { DAY_MS } from "../words/times.ts";
import type { Receipt } from "./types.ts";

/** Backups that were made before something was replaced stay at least this long. */
const BEFORE_DAYS = 30;

/**
 * Which backups are to be removed: those older than `keepDays` days. Never the newest, whatever the clock says: the
 * order is that of the sequence. `nowMs` is a time that does not jump (`SteadyClock.deletionMs`).
 */
export function toRemove(
  receipts: readonly Receipt[],
  { keepDays, nowMs }: { keepDays: number; nowMs: number },
): Receipt[] {
  const [newest, ...older] = newestFirst(receipts);
  if (newest === undefined) return [];
  let madeMs = believed(newest, nowMs, Infinity);
  return older.filter((receipt) => {
    madeMs = believed(receipt, nowMs, madeMs);
    const { reason } = receipt.manifest;
    const days = reason.startsWith("before-") ? Math.max(keepDays, BEFORE_DAYS) : keepDays;
    return nowMs - madeMs > days * DAY_MS;
  });
}

/** When it was made: one from the future was made by a wrong clock, no later than the one after it. */
function believed({ manifest }: Receipt, nowMs: number, afterMs: number): number {
  return manifest.created_ms <= nowMs ? manifest.created_ms : afterMs;
}

/** By their sequence: the clock may have been wrong. */
export function newestFirst(receipts: readonly Receipt[]): Receipt[] {
  return [...receipts].sort((a, b) => b.manifest.sequence - a.manifest.sequence);
}
