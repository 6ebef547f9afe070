import { messageOf, PerchError } from "../base/errors.ts";
import { DAY_MS } from "../words/times.ts";
import type { Certificates, Pair } from "./certificates.ts";
import { type CertificateFacts, checkPair } from "./facts.ts";

const LOOK_MS = 10_000;
const SOON_MS = 14 * DAY_MS;

/**
 * The certificate and key that an operator, or a program of theirs, puts into two files. @throws PerchError
 * `validation` when they cannot be used now
 */
export async function openGiven(
  { certFile, keyFile, now }: { certFile: string; keyFile: string; now(): number },
): Promise<Certificates> {
  let pair: Pair;
  let facts: CertificateFacts;
  let trouble: string | null = null;
  let seen = await stamp();
  try {
    pair = await read();
    facts = checkPair(pair, now());
  } catch (error) {
    throw new PerchError("validation", sentence(error), { cause: error });
  }

  function sentence(error: unknown): string {
    return `TLS_CERT is "${certFile}" and TLS_KEY is "${keyFile}": ${messageOf(error)}.`;
  }

  async function read(): Promise<Pair> {
    const [cert, key] = await Promise.all([
      Deno.readTextFile(certFile),
      Deno.readTextFile(keyFile),
    ]);
    return { cert, key };
  }

  /** Another one when a file was written, or when a link leads to another. */
  async function stamp(): Promise<string> {
    const looks = await Promise.all(
      [certFile, keyFile].map((path) => Deno.stat(path).catch(() => null)),
    );
    return JSON.stringify(looks.map((info) => [info?.mtime, info?.size, info?.ino]));
  }

  return {
    current: () => pair,
    validToMs: () => facts.validToMs,
    names: () => facts.names,
    authority: () => null,
    trouble() {
      if (trouble !== null) return trouble;
      const leftMs = facts.validToMs - now();
      return leftMs > SOON_MS
        ? null
        : `The certificate of HTTPS ends in ${
          Math.max(0, Math.floor(leftMs / DAY_MS))
        } days: put a newer one into ${certFile}.`;
    },
    lookEveryMs: LOOK_MS,
    async look() {
      const next = await stamp();
      if (next === seen) return false;
      try {
        const newer = await read();
        facts = checkPair(newer, now());
        pair = newer;
        trouble = null;
        seen = next;
        return true;
      } catch (error) {
        // Both files are not written in one moment: it is looked at again until they fit.
        trouble = `${sentence(error)} The certificate of before is still served.`;
        return false;
      }
    },
  };
}
