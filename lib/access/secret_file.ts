import { dirname, join } from "node:path";

/**
 * Writes a file that only its owner may read (0600), so that after a crash it is there whole or not at all:
 * temporary file, fsync, rename, fsync of the folder. Replaces what was there.
 */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${crypto.randomUUID()}.tmp`);
  const file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(temporary, path);
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}

/** Content of the file, or null when there is none. */
export async function readSecretFile(path: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
