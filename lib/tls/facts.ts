import { createPrivateKey, X509Certificate } from "node:crypto";
import { PerchError } from "../base/errors.ts";
import type { Names, Pair } from "./certificates.ts";

/** What a certificate says of itself. */
export interface CertificateFacts {
  validFromMs: number;
  validToMs: number;
  names: Names;
  /** SHA-256, `AB:CD:…`. */
  fingerprint: string;
}

/** Reads the first certificate of a PEM text. @throws Error when there is none */
export function factsOf(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  const names = (certificate.subjectAltName ?? "").split(", ");
  const of = (kind: string) =>
    names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  return {
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    names: { dns: of("DNS:"), ips: of("IP Address:") },
    fingerprint: certificate.fingerprint256,
  };
}

/** Why a pair cannot be served: the certificate's file, the key's, both beside each other, or the time. */
export class PairFault extends PerchError {
  constructor(readonly fault: "cert" | "key" | "pair" | "ended", why: string) {
    super("validation", why);
  }
}

/** The facts of a pair that fits together and holds now. @throws PairFault */
export function checkPair({ cert, key }: Pair, nowMs: number): CertificateFacts {
  let certificate: X509Certificate;
  let facts: CertificateFacts;
  try {
    certificate = new X509Certificate(cert);
    facts = factsOf(cert);
  } catch {
    throw new PairFault("cert", "the file holds no certificate (PEM)");
  }
  let fits: boolean;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new PairFault("key", "the key's file holds no key without a password (PEM)");
  }
  if (!fits) throw new PairFault("pair", "the key is not that of the certificate");
  if (facts.validToMs <= nowMs) {
    const end = new Date(facts.validToMs).toISOString();
    throw new PairFault("ended", `the certificate ended on ${end}`);
  }
  return facts;
}

/** Certificate and key of one PEM text. */
export function pairIn(pem: string): Pair {
  const block = (kind: string) =>
    Array.from(
      pem.matchAll(new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`, "g")),
      ([text]) => `${text}\n`,
    ).join("");
  return { cert: block("CERTIFICATE"), key: block("PRIVATE KEY") };
}
