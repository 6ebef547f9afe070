import { createOutgoing, type OutgoingDeps } from "../base/create_outgoing.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { Foundation } from "./foundation.ts";

/** The one way out, as settings and environment say. @throws PerchError `validation` when OUTGOING_CA is no file */
export async function createAppOutgoing(
  { config, settings }: Foundation,
  /** Ports that this Perch listens on, and what whoever started it opens beyond the environment. */
  places: Pick<OutgoingDeps, "ownPorts" | "openedPlaces">,
): Promise<Outgoing> {
  const { networks, caFile } = config.outgoing;
  return createOutgoing({
    allowed: () => settings.get("outgoing.allowed_networks"),
    opened: networks,
    ...places,
    ca: caFile === null ? [] : [await readAuthority(caFile)],
  });
}

async function readAuthority(path: string): Promise<string> {
  const refuse = (why: string) =>
    new PerchError("validation", `OUTGOING_CA is "${path}": ${why}. Give the path of a PEM file.`);
  const text = await Deno.readTextFile(path).catch((error) => {
    throw refuse(messageOf(error));
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw refuse("it holds no certificate");
  return text;
}
