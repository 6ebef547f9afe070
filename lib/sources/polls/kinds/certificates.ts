/** What a certificate's faults are called. Pure. */
import type { PeerCertificate } from "../../../base/outgoing.ts";
import { DAY_MS } from "../../../words/times.ts";

/** Whole days. */
export const daysLeft = (
  { validToMs }: Pick<PeerCertificate, "validToMs">,
  nowMs: number,
): number => Math.floor((validToMs - nowMs) / DAY_MS);

/** Why it is not good, a sentence without a final stop; null: it is. */
export function certificateFault(
  { fault, validToMs, subject, issuer }: PeerCertificate,
  host: string,
  nowMs: number,
  anyAuthority: boolean,
): string | null {
  if (validToMs <= nowMs) {
    const day = new Date(validToMs).toISOString().slice(0, 10);
    return `The certificate of ${host} expired on ${day}: renew it`;
  }
  if (fault === null || anyAuthority) return null;
  if (/ALTNAME|NotValidForName/i.test(fault)) {
    return `The certificate is not one of ${host}${subject === "" ? "" : `, but of ${subject}`}`;
  }
  if (/SELF_SIGNED|UNABLE_TO|UnknownIssuer|ISSUER/i.test(fault)) {
    return `The certificate of ${host} is of an authority that is not known here${
      issuer === "" ? "" : ` (${issuer})`
    }: give it as OUTGOING_CA`;
  }
  return `The certificate of ${host} is not good: ${fault}`;
}
