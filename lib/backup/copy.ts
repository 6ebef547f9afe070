import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import { createRpcClient } from "../db/rpc.ts";
import type { Migration } from "../db/migrate.ts";
import type { RawQuery, RawResult } from "../readings/store.ts";
import type { Query } from "./restore_store.ts";

/** A database that no Perch has open, in a worker of its own for as long as it is used. */
export interface Copy {
  query: Query;
  /** What in these tables would end the process if it were read (`lib/db/unreadable.ts`); null: nothing. */
  unreadable(tables: readonly string[]): Promise<string | null>;
  /** All statements in one transaction. */
  write(statements: readonly SqlStatement[]): Promise<void>;
  /**
   * Brings the copy up to date and makes its readings ready for `raw`. True: a newer Perch wrote it, and it was left
   * as it is. @throws PerchError when the readings cannot be read
   */
  openReadings(migrations: readonly Migration[]): Promise<boolean>;
  raw(query: RawQuery): Promise<RawResult>;
}

/** Runs `use` on the database at `path`; its log is in the file afterwards. @throws PerchError */
export async function withCopy<T>(path: string, use: (copy: Copy) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL("./copy_worker.ts", import.meta.url), { type: "module" });
  const rpc = createRpcClient(worker);
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    rpc.fail(new PerchError("storage_failed", `${path} cannot be used: ${event.message}`));
  });
  try {
    await rpc.call("open", [path]);
    return await use({
      unreadable: (tables) => rpc.call("unreadable", [tables]),
      query: (statement) => rpc.call("query", [statement]),
      write: (statements) => rpc.call("write", [statements]),
      openReadings: (migrations) => rpc.call("openReadings", [migrations]),
      raw: (query) => rpc.call("raw", [query]),
    });
  } finally {
    await rpc.call("close", []);
    worker.terminate();
  }
}
