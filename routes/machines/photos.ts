import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { type Route, route } from "../http/route.ts";
import type { MachineServices } from "./request.ts";

const SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** `/photos/:file`: pictures of machines. Nothing in them can run, whatever a browser takes them for. */
export function photoRoutes({ photos }: Pick<MachineServices, "photos">): Route[] {
  return [
    route({
      method: "get",
      path: "/photos/:file",
      policy: "viewer",
      summary: null,
      params: z.object({ file: z.string().max(60) }),
      handler: async ({ params }) => {
        const found = await photos.read(params.file);
        if (found === null) throw new PerchError("not_found", "there is no such photo");
        return new Response(found.bytes, {
          headers: {
            "content-type": found.type,
            "content-disposition": `attachment; filename="${params.file}"`,
            "content-security-policy": SEALED,
            // Another picture has another name.
            "cache-control": "private, max-age=31536000, immutable",
          },
        });
      },
    }),
  ];
}
