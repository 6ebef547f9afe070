import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { Pair } from "../../tls/certificates.ts";
import { DAY_MS } from "../../words/times.ts";
import type { Check, Finding } from "./check.ts";

const SOON_MS = 14 * DAY_MS;

type Found = Omit<Finding, "name">;

/** The certificate and key of `PERCH_TLS=files`, as a start would take them; those of `auto` are made by Perch. */
export function tlsCheck({ tls }: Pick<Config, "tls">, now: () => number = Date.now): Check {
  return {
    name: "https",
    async run() {
      if (tls === null) return [{ state: "ok", detail: "HTTPS is off (PERCH_TLS)" }];
      if (tls.files === null) {
        return [{ state: "ok", detail: "Perch makes its own certificate (PERCH_TLS=auto)" }];
      }
      const { cert, key } = tls.files;
      const read = [await fileOf("TLS_CERT", cert), await fileOf("TLS_KEY", key)];
      const faults = read.filter((one) => typeof one !== "string");
      if (faults.length > 0) return faults;
      const [certText, keyText] = read as string[];
      return [await pairFinding({ cert: certText, key: keyText }, tls.files, now())];
    },
  };
}

async function fileOf(variable: string, path: string): Promise<string | Found> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return {
        state: "problem",
        detail: `${variable}: there is no file ${path}`,
        advice: `Put it there, or set ${variable} to where it is.`,
      };
    }
    return {
      state: "problem",
      detail: `${variable}: ${path} cannot be read (${messageOf(error)})`,
      advice: `Let the user that Perch runs as read ${path}, and nobody else.`,
    };
  }
}

async function pairFinding(
  pair: Pair,
  { cert, key }: { cert: string; key: string },
  nowMs: number,
): Promise<Found> {
  const { checkPair, PairFault } = await import("../../tls/facts.ts");
  try {
    const { validFromMs, validToMs } = checkPair(pair, nowMs);
    const until = new Date(validToMs).toISOString().slice(0, 10);
    if (validFromMs > nowMs) {
      return {
        state: "problem",
        detail: `the certificate ${cert} counts only from ${new Date(validFromMs).toISOString()}`,
        advice: "See that the clock of this host is right, or put in one that counts already.",
      };
    }
    if (validToMs - nowMs > SOON_MS) {
      return { state: "ok", detail: `the certificate fits its key and holds until ${until}` };
    }
    return {
      state: "warn",
      detail: `the certificate ${cert} ends on ${until}`,
      advice: `Put a newer one into ${cert}, with its key in ${key}; it is taken while Perch runs.`,
    };
  } catch (error) {
    const advice = {
      cert: `Put the certificate as PEM into ${cert}: it begins with -----BEGIN CERTIFICATE-----.`,
      key: `Put the key as PEM, without a password, into ${key}: it begins with -----BEGIN.`,
      pair: `Put into ${key} the key that the certificate in ${cert} was made with.`,
      ended: `Put a newer certificate into ${cert}, with its key in ${key}.`,
    };
    if (!(error instanceof PairFault)) throw error;
    return {
      state: "problem",
      detail: `HTTPS with ${cert} and ${key}: ${error.message}`,
      advice: advice[error.fault],
    };
  }
}
