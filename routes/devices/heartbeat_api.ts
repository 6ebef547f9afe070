import { z } from "zod";
import type { Polls } from "../../lib/sources/polls/polls.ts";
import { type Route, route } from "../http/route.ts";

const params = z.object({ secret: z.string() });
const query = z.strictObject({
  status: z.enum(["up", "down"]).optional().describe("default up; down: the job failed"),
  msg: z.string().max(200).optional().describe("why"),
  ping: z.union([z.literal(""), z.coerce.number().min(0).max(1e9)]).optional()
    .describe("how long it took, ms"),
});

/** `/api/heartbeat/SECRET`: a job says that it has done its work. Whoever knows the secret may. */
export function heartbeatRoutes({ polls }: { polls: Pick<Polls, "beat"> }): Route[] {
  return (["get", "post"] as const).map((method) =>
    route({
      method,
      path: "/api/heartbeat/:secret",
      policy: "public",
      summary: "A heartbeat reports; the body is not read",
      tags: ["Probes"],
      params,
      query,
      responses: {
        204: { description: "Stored" },
        404: { description: "There is no such heartbeat" },
      },
      handler: async ({ params: { secret }, query: { status, msg, ping } }) => {
        await polls.beat(secret, {
          up: status !== "down",
          message: plain(msg ?? ""),
          responseMs: typeof ping === "number" ? ping : null,
        });
        return new Response(null, { status: 204 });
      },
    })
  );
}

/** As it is shown: one line. */
const plain = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ").trim().toWellFormed();
