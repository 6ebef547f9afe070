import { createOutgoing } from "../../base/create_outgoing.ts";
import type { Config } from "../../base/config.ts";
import type { Outgoing } from "../../base/outgoing.ts";

/** The way out of a check, which knows the environment and no settings; answers may take `timeoutMs`. */
export async function guardOf(
  { networks, caFile }: Config["outgoing"],
  timeoutMs: number,
): Promise<Outgoing> {
  return createOutgoing({
    allowed: () => [],
    opened: networks,
    ownPorts: () => [],
    ca: caFile === null ? [] : [await Deno.readTextFile(caFile)],
    timeoutMs,
  });
}
