import { type Figures, figuresShape } from "../../lib/live/figures.ts";
import { type Route, route } from "../http/route.ts";

export interface MetricServices {
  figures: () => Promise<Figures>;
}

/** `GET /api/metrics`: today and the last hour. */
export function metricRoutes({ figures }: MetricServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/metrics",
      policy: "viewer",
      summary: "Today and the last hour: counts, what waits, success",
      tags: ["Status"],
      responses: { 200: { description: "Counts and shares", schema: figuresShape } },
      handler: async ({ c }) => c.json(await figures()),
    }),
  ];
}
