/** Reads the kernel's small files; null: not there. */
interface KernelReader {
  read(path: string): Promise<string | null>;
  list(path: string): Promise<string[] | null>;
}

const TASKS = "/proc/self/task";
/** Deno calls the threads of workers so, in the order in which they were made. */
const WORKER = /^worker-(\d+)$/;

/**
 * Bytes that the database's thread has given to the disk, by `/proc/self/task/<id>/io`: the kernel counts them for each
 * thread. The database's worker is the first of those that live, as it is made first and lives longest. Null where
 * the kernel does not say.
 */
export function createDatabaseWrites(
  files: KernelReader,
): () => Promise<number | null> {
  let thread: string | null = null;

  async function findThread(): Promise<string | null> {
    let first: { id: string; number: number } | null = null;
    for (const id of await files.list(TASKS) ?? []) {
      const name = WORKER.exec((await files.read(`${TASKS}/${id}/comm`))?.trim() ?? "");
      const number = name === null ? Infinity : Number(name[1]);
      if (number < (first?.number ?? Infinity)) first = { id, number };
    }
    return first?.id ?? null;
  }

  return async () => {
    thread ??= await findThread();
    if (thread === null) return null;
    const text = await files.read(`${TASKS}/${thread}/io`);
    const bytes = /^write_bytes: (\d+)$/m.exec(text ?? "")?.[1];
    // The thread is gone: another is looked for next time.
    if (bytes === undefined) thread = null;
    return bytes === undefined ? null : Number(bytes);
  };
}
