/** What the API and the page of corrections share. */
import { z } from "zod";
import type { Proofs } from "../../lib/access/proofs.ts";
import type { Users } from "../../lib/access/users.ts";
import type { Correction } from "../../lib/faults/corrections/correction.ts";
import type { Corrections } from "../../lib/faults/corrections/corrections.ts";
import { byOf, caller, me } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";
import { type FaultServices, findFault } from "./request.ts";

export interface CorrectionServices extends FaultServices {
  corrections: Corrections;
  access: { proofs: Proofs };
  users: Users;
}

/** What is approved, and by whom it is meant. */
export const approvalShape = z.strictObject({
  diff_hash: z.string().max(64).describe("`diff_hash` of the correction, as it was shown"),
  password: z.string().max(1024).optional()
    .describe("one's own, unless one signed in within 15 minutes"),
  code: z.string().max(40).optional().describe("of one's second factor, when it is on"),
});

export const proposeShape = z.strictObject({
  anew: z.boolean().optional().describe("another one than the one that is open"),
});

/** Corrections of a fault, newest first. A person who sees them may approve what they see. */
export async function correctionsOf(
  { corrections }: Pick<CorrectionServices, "corrections">,
  { who }: Pick<RouteContext, "who">,
  faultId: number,
): Promise<Correction[]> {
  const found = await corrections.ofFault(faultId);
  if (who?.kind === "user") corrections.show(found, who.id);
  return found;
}

/** Looks for a correction. @throws PerchError */
export async function propose(
  services: CorrectionServices,
  context: RouteContext,
  id: string,
  anew: boolean,
): Promise<{ correction: Correction | null; reason: string | null }> {
  const { corrections, audit } = services;
  const fault = await findFault(services, id);
  const found = await corrections.propose(fault.id, byOf(audit, context), anew);
  if (found.correction === null) return found;
  if (context.who?.kind === "user") corrections.show([found.correction], context.who.id);
  return { correction: found.correction, reason: null };
}

/** Approves exactly what was shown. @throws PerchError */
export async function approve(
  services: CorrectionServices,
  context: RouteContext,
  id: string,
  { diff_hash: diffHash, password, code }: z.output<typeof approvalShape>,
): Promise<Correction> {
  const { corrections, access: { proofs }, users, audit } = services;
  const fault = await findFault(services, id);
  const who = context.who!;
  if (password !== undefined && password !== "") {
    await proofs.renew(who, me(context, users), { password, code }, caller(context));
  }
  return await corrections.approve(fault.id, {
    diffHash,
    asker: { kind: who.kind, role: who.role, provedMs: provedMs(services, context) },
    person: who.id,
    by: byOf(audit, context),
  });
}

/** When whoever asks proved who they are; null: they did not. */
export function provedMs(
  { access: { proofs } }: Pick<CorrectionServices, "access">,
  { who, nowMs }: Pick<RouteContext, "who" | "nowMs">,
): number | null {
  const age = who === null ? null : proofs.ageMs(who);
  return age === null ? null : nowMs - age;
}

/** Puts the text from before in its place again. @throws PerchError */
export async function rollBack(
  services: CorrectionServices,
  context: RouteContext,
  id: string,
): Promise<Correction> {
  const { corrections, audit } = services;
  const fault = await findFault(services, id);
  const { kind, role } = context.who!;
  return await corrections.rollBack(fault.id, { kind, role }, byOf(audit, context));
}
