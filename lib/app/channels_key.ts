import { join } from "node:path";
import { readKeyFile } from "../access/key_file.ts";
import { writeSecretFile } from "../access/secret_file.ts";
import { randomSecret } from "../access/secrets.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { createSealer, type Sealer } from "../base/sealed.ts";
import type { Place } from "./typed.ts";
import { goodBackups, wayOut } from "./way_out.ts";

/**
 * The key of the secrets of channels and cameras, in a file of its own that only the owner reads. Readings do not
 * wait for it: when the file holds no key, channels and cameras say why they cannot be used, and the first secret
 * that is typed again moves the file aside and begins a new one. A file that cannot be read is left alone: its key may be good.
 */
export async function channelsSealer(place: Place, log: Log): Promise<Sealer> {
  const path = join(place.dataDir, "channels.key");
  const file = readKeyFile(path);
  if (file.state === "good") return createSealer(file.key);
  const way = await wayOut({ kind: "key", what: path, path }, place);
  if (file.state === "missing") {
    const hasKeys = (await goodBackups(place.dataDir)).some(({ encrypted }) => encrypted);
    return explaining(createSealer(await newKey(path)), hasKeys ? way : null);
  }
  const { state, reason } = file;
  const advice = state === "damaged"
    ? "put it back from a backup and start Perch again, or type the secrets again"
    : "give the user that runs Perch the right to read it and start Perch again";
  const message = `${reason}, so the secrets of channels and cameras cannot be read: ${advice}${
    way === null ? "" : `. ${way}`
  }`;
  log.error(message);
  let fresh: Promise<Sealer> | null = null;
  const closed = () => new PerchError("unavailable", message);
  return {
    async open(sealed, about) {
      if (fresh === null) throw closed();
      return (await fresh).open(sealed, about);
    },
    async seal(text, about) {
      if (state === "unreadable") throw closed();
      fresh ??= begin().catch((error) => {
        fresh = null;
        throw error;
      });
      return (await fresh).seal(text, about);
    },
  };

  async function begin(): Promise<Sealer> {
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "-")}`;
    await Deno.rename(path, aside);
    log.warn(`a new key of channels and cameras was made; the damaged one is ${aside}`);
    return createSealer(await newKey(path));
  }
}

/** Secrets that the key of before sealed say where that one may be. */
function explaining(sealer: Sealer, way: string | null): Sealer {
  if (way === null) return sealer;
  return {
    ...sealer,
    open: (sealed, about) =>
      sealer.open(sealed, about).catch((error) => {
        throw new PerchError("unavailable", `${messageOf(error)}. ${way}`, { cause: error });
      }),
  };
}

async function newKey(path: string): Promise<string> {
  const key = randomSecret();
  await writeSecretFile(path, `${key}\n`);
  return key;
}
