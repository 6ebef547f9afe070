/** Collects the garbage of the database's worker too. Imported before that is started. */
const PlainWorker = globalThis.Worker;
let storage: Worker | null = null;

globalThis.Worker = class extends PlainWorker {
  constructor(entry: string | URL, options?: WorkerOptions) {
    const isStorage = String(entry).endsWith("/lib/app/storage_worker.ts");
    super(isStorage ? new URL("./storage_worker.ts", import.meta.url) : entry, options);
    if (isStorage) storage = this;
  }
};

/** Of the main thread at once, of the worker soon. Needs `--expose-gc`. */
export function collectGarbage(): void {
  storage?.postMessage("collect garbage");
  (globalThis as unknown as { gc: () => void }).gc();
}
