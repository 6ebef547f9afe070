import { join } from "node:path";
import { readJwtKey } from "../../access/access.ts";
import { readKeyFile } from "../../access/key_file.ts";
import type { Config } from "../../base/config.ts";

/**
 * A digest of the keys of this node: the one that signs access tokens, the one of the secrets of channels. Empty
 * while one of them is missing. It tells nobody a key: both are random and long.
 */
export async function keysMark({ dataDir, jwtSecret }: Config): Promise<string> {
  const channels = readKeyFile(join(dataDir, "channels.key"));
  const jwt = jwtSecret?.reveal() ?? readJwtKey(dataDir);
  if (jwt === null || channels.state !== "good") return "";
  const text = new TextEncoder().encode(JSON.stringify(["perch nodes", jwt, channels.key]));
  const hash = await crypto.subtle.digest("SHA-256", text);
  return new Uint8Array(hash).toHex().slice(0, 32);
}
