/** What the API and the pages of faults share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import type { Faults } from "../../lib/faults/faults.ts";
import type { ByPerson } from "../../lib/faults/people.ts";
import { FAULT_SEVERITIES, FAULT_STATES } from "../../lib/words/fault.ts";
import { byOf } from "../http/caller.ts";
import { cursorField, idParams, limitField, list } from "../http/params.ts";
import type { RouteContext } from "../http/route.ts";

export interface FaultServices {
  faults: Faults;
  audit: Pick<Audit, "statement">;
}

export const PAGE_LIMIT = 50;

export const faultFilterShape = z.strictObject({
  state: list(z.enum(FAULT_STATES)).optional(),
  severity: list(z.enum(FAULT_SEVERITIES)).optional(),
  component: z.string().max(120).optional(),
  limit: limitField(500, PAGE_LIMIT),
  cursor: cursorField(),
});

export const reasonField = z.string().trim().min(1, "say why").max(300);
export const reasonShape = z.strictObject({ reason: reasonField }).meta({ id: "Reason" });

export const faultParams = idParams();
export const componentParams = z.object({ name: z.string().min(1).max(120) });

/** @throws PerchError `not_found` */
export async function findFault({ faults }: FaultServices, id: string): Promise<Fault> {
  const fault = /^\d{1,15}$/.test(id) ? await faults.get(Number(id)) : null;
  if (fault === null) throw new PerchError("not_found", `there is no fault ${id}`);
  return fault;
}

/** Who does it, and why. */
export function byPerson(
  { audit }: FaultServices,
  context: RouteContext,
  reason: string,
): ByPerson {
  return { ...byOf(audit, context), reason };
}
