import { z } from "zod";
import type { Components } from "../../lib/live/components.ts";
import { type Metric, metricsText } from "../../lib/live/metrics.ts";
import { type Route, route } from "../http/route.ts";

export interface HealthServices {
  version: string;
  components: Pick<Components, "all" | "overall">;
  uptimeS: () => number;
  /** Null when readings can be stored, else the reason for people. Does a round trip to the database. */
  notReady: () => Promise<string | null>;
  metrics: (sensors: boolean) => Promise<Metric[]>;
}

const healthShape = z.object({
  status: z.enum(["ok", "unavailable"]),
  version: z.string().optional(),
  uptime_s: z.number().optional(),
  overall: z.string().optional(),
  reason: z.string().optional(),
}).meta({ id: "Health" });

/** `/health*` for load balancers and people, `/metrics` for Prometheus. */
export function healthRoutes(services: HealthServices): Route[] {
  const answers = {
    200: { description: "It works", schema: healthShape },
    503: { description: "It does not, with the reason", schema: healthShape },
  };
  const tags = ["Health"];
  return [
    route({
      method: "get",
      path: "/health",
      policy: "public",
      summary: "Overall health",
      tags,
      responses: answers,
      handler: async ({ c }) => {
        const reason = await services.notReady();
        return c.json({
          status: reason === null ? "ok" : "unavailable",
          version: services.version,
          uptime_s: Math.floor(services.uptimeS()),
          overall: services.components.overall(),
          ...(reason === null ? {} : { reason }),
        }, reason === null ? 200 : 503);
      },
    }),
    route({
      method: "get",
      path: "/health/live",
      policy: "public",
      summary: "The process answers",
      tags,
      responses: answers,
      handler: ({ c }) => c.json({ status: "ok" }),
    }),
    route({
      method: "get",
      path: "/health/ready",
      policy: "public",
      summary: "Readings can be stored",
      tags,
      responses: answers,
      handler: async ({ c }) => {
        const reason = await services.notReady();
        return reason === null
          ? c.json({ status: "ok" })
          : c.json({ status: "unavailable", reason }, 503);
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      policy: "loopback-or:viewer",
      summary: "Metrics in the Prometheus text format",
      tags,
      query: z.strictObject({
        sensors: z.enum(["all"]).optional().describe("values of the plant’s sensors too"),
      }),
      responses: { 200: { description: "Text format 0.0.4", contentType: "text/plain" } },
      handler: async ({ c, query }) =>
        c.body(metricsText(await services.metrics(query.sensors === "all")), 200, {
          "content-type": "text/plain; version=0.0.4; charset=utf-8",
        }),
    }),
  ];
}
