import { type Client, createClient, type Transaction } from "@libsql/client";
import { createHash } from "node:crypto";
import { PerchError } from "../base/errors.ts";
import { logMostBytes } from "./checkpoint.ts";
import { readFreePages } from "./free_pages.ts";
import { letGo } from "./let_go.ts";
import { pacedWriter } from "../base/paced_file.ts";
import { storageError } from "./sql_errors.ts";

/** What is copied in one go: the log is looked at and others have their turn after each. */
const STEP_BYTES = 256 * 1024;

/**
 * Pages as they are for this transaction, in their order. The page of SQLite's locks, at 1 GB, is read as zeros.
 * Not `VACUUM INTO`: that is one call, which can neither be given up nor give way to commits.
 */
const PAGES =
  "WITH RECURSIVE n(page) AS (SELECT ?1 UNION ALL SELECT page + 1 FROM n WHERE page < ?2) " +
  "SELECT CAST(group_concat(data, '') AS BLOB) FROM n JOIN sqlite_dbpage ON pgno = n.page";

export interface CopyOptions {
  /** Path of the live database. */
  from: string;
  /** Does not exist yet. */
  to: string;
  /** As long as it is read the log cannot begin anew: a larger one ends the copy (`logMostBytes`). */
  walMostBytes: number;
  signal: AbortSignal;
  /** 0 to 1. */
  onShare(share: number): void;
}

/**
 * Copies the database as it is at this moment, while others go on writing: a connection of its own that reads in
 * one transaction and is closed at the end. What was deleted is not in the copy: pages that hold nothing any more are
 * zeros. The copy is on the disk when this resolves; gives its sha256.
 * @throws PerchError `storage_failed` when the log grows above its bound or the database cannot be read,
 * `storage_full`; what was copied is then left to be removed
 */
export async function copyDatabase(options: CopyOptions): Promise<string> {
  const { from } = options;
  let client: Client | null = null;
  let transaction: Transaction | null = null;
  try {
    client = createClient({ url: `file:${from}`, concurrency: 1, timeout: 5000 });
    await client.execute("PRAGMA wal_autocheckpoint=0");
    transaction = await client.transaction("deferred");
    return await copyPages(transaction, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw storageError(error, `copy the database ${from}`);
  } finally {
    transaction?.close();
    client?.close();
    await letGo();
  }
}

async function copyPages(transaction: Transaction, options: CopyOptions): Promise<string> {
  const { from, to, signal, onShare } = options;
  const pragma = async (name: string) =>
    Number((await transaction.execute(`PRAGMA ${name}`)).rows[0][0]);
  const pageBytes = await pragma("page_size");
  // The first statement that reads: from here on nothing that is committed is seen.
  const pages = await pragma("page_count");
  const walMostBytes = logMostBytes(pages * pageBytes, options.walMostBytes);
  const isFree = await readFreePages(transaction, pages);
  const hash = createHash("sha256");
  const step = Math.max(1, Math.floor(STEP_BYTES / pageBytes));
  using file = await Deno.open(to, { write: true, createNew: true, mode: 0o600 });
  const write = pacedWriter(file);
  for (let page = 1; page <= pages; page += step) {
    const last = Math.min(pages, page + step - 1);
    const { rows } = await transaction.execute({ sql: PAGES, args: [page, last] });
    const bytes = new Uint8Array(rows[0][0] as ArrayBuffer);
    const expected = (last - page + 1) * pageBytes;
    if (bytes.length !== expected) {
      throw new PerchError(
        "storage_failed",
        `pages ${page} to ${last} of ${from} have ${bytes.length} bytes instead of ${expected}`,
      );
    }
    for (let free = page; free <= last; free++) {
      const at = (free - page) * pageBytes;
      if (isFree(free)) bytes.fill(0, at, at + pageBytes);
    }
    hash.update(bytes);
    await write(bytes);
    // Given back at once: the garbage collection lets such memory pile up.
    bytes.buffer.transfer(0);
    signal.throwIfAborted();
    await refuseLongLog(from, walMostBytes);
    onShare(last / pages);
  }
  await file.sync();
  return hash.digest("hex");
}

async function refuseLongLog(database: string, mostBytes: number): Promise<void> {
  const bytes = await Deno.stat(`${database}-wal`).then(({ size }) => size, () => 0);
  if (bytes <= mostBytes) return;
  throw new PerchError(
    "storage_failed",
    `The database ${database} is written faster than it can be copied: its log has ` +
      `${Math.round(bytes / 1e6)} MB, ${Math.round(mostBytes / 1e6)} MB are allowed. ` +
      "Try again when less is written, or use a faster disk.",
    { retryAfterS: 600 },
  );
}
