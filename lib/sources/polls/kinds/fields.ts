/** Options that several kinds have. */
import { z } from "zod";

/** A host name or address, without scheme, port and path. */
export const hostField = (description: string) =>
  z.string().trim().min(1).max(253).regex(
    /^(\[?[0-9a-fA-F:.]+\]?|[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}.])?)$/u,
    "give a host name or an IP address, without http:// and without a port",
  ).meta({ title: "Host", description });

export const portField = (preset?: number) => {
  const port = z.int().min(1).max(65_535);
  const about = { title: "Port", description: "1 to 65535" };
  return preset === undefined ? port.meta(about) : port.default(preset).meta(about);
};
