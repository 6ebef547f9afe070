import { writeDurably } from "../base/durable_file.ts";

/** Writes a file that only its owner may read (0600); after a crash it is there whole or not at all. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await writeDurably(path, new TextEncoder().encode(text));
}
