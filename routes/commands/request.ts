/** What the API and the pages of commands share. */
import type { Audit } from "../../lib/access/audit.ts";
import type { Commands } from "../../lib/commands/commands.ts";
import type { OrderBy } from "../../lib/commands/orders.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { auditedBy, caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface CommandServices {
  commands: Commands;
  sensors: SensorDirectory;
  audit: Pick<Audit, "statement">;
}

/** The caller as an order names them. */
export function orderBy(
  { audit }: Pick<CommandServices, "audit">,
  context: RouteContext,
  confirmed: boolean,
): OrderBy {
  const { kind, name } = caller(context);
  return { actor: `${kind}:${name}`, name, audited: auditedBy(audit, context), confirmed };
}

/** Whether the asker sees how targets are told, and may change them. */
export const setsUp = ({ who }: Pick<RouteContext, "who">) => who?.role === "admin";
