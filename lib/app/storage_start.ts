import { earlyCall } from "../db/rpc.ts";

/**
 * Starts the database worker. It does nothing before it is asked, and loads in a thread of its own: a command that
 * will need it starts it first, and loads the rest of Perch meanwhile.
 */
export function startStorageWorker(): Worker {
  return new Worker(new URL("./storage_worker.ts", import.meta.url), { type: "module" });
}

/**
 * Gives the worker that was started early, once; after that a new one each time. The early one loads the driver of
 * `databaseUrl` before it is asked to open it.
 */
export function startedEarly(databaseUrl: string): () => Worker {
  let early: Worker | null = startStorageWorker();
  early.postMessage(earlyCall("load", [databaseUrl]));
  return () => {
    const worker = early ?? startStorageWorker();
    early = null;
    return worker;
  };
}
