/**
 * The program whose writes are recorded: stores pictures and replaces a settings file in the folder of its
 * argument, removes some pictures, and says on standard output what is done, a line of JSON each.
 * `SABOTAGE=no_fsync` leaves the fsyncs out.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeDurably } from "../../lib/base/durable_file.ts";
import { createFileStore } from "../../lib/base/file_store.ts";
import { picture } from "../support/pictures.ts";
import { sabotaged } from "../support/sabotage.ts";

const FILES = 40;
const LONGEST = 60_000;

if (sabotaged("no_fsync")) Deno.FsFile.prototype.sync = () => Promise.resolve();
const [folder] = Deno.args;
const store = createFileStore({
  folder: join(folder, "files", "photos"),
  types: ["image/png"],
  mostBytes: 1e6,
});
for (let i = 0; i < FILES; i++) {
  const bytes = longer(picture("png"), i);
  const { name } = await store.put(bytes, (file) => Promise.resolve(file));
  say({ kind: "stored", path: `files/photos/${name}`, hash: hashOf(bytes) });
  if (i % 4 === 3) {
    say({ kind: "removing", path: `files/photos/${name}` });
    await store.remove(name);
    say({ kind: "removed", path: `files/photos/${name}` });
  }
  const settings = new TextEncoder().encode(`version ${i} `.repeat(1 + 37 * i));
  say({ kind: "replacing", path: "settings", hash: hashOf(settings) });
  await writeDurably(join(folder, "settings"), settings);
  say({ kind: "stored", path: "settings", hash: hashOf(settings) });
}

/** A picture with `n`-dependent bytes behind it, as editors leave them. */
function longer(bytes: Uint8Array, n: number): Uint8Array {
  const out = new Uint8Array(bytes.length + (n * 7919) % LONGEST);
  out.set(bytes);
  for (let i = bytes.length; i < out.length; i++) out[i] = (i * 31 + n) & 255;
  return out;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function say(line: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}
