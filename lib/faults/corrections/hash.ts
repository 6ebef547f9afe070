/** Hashes of texts, and the one that an approval is bound to. */
import { createHash } from "node:crypto";

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** sha256 over what is changed, how, and what comes of it: another byte anywhere is another hash. */
export function diffHashOf(baseHash: string, diff: string, after: string): string {
  return sha256(JSON.stringify([baseHash, diff, after]));
}
