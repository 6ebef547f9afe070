import { z } from "zod";
import type { Simulator } from "../../sim/simulator.ts";
import { type SimulatorOptions, simulatorOptions } from "../../sim/options.ts";
import { readJson } from "../http/body.ts";
import { validate } from "../http/validate.ts";
import { type Route, route } from "../http/route.ts";

const statusShape = z.object({
  running: z.boolean(),
  scenario: z.string(),
  title: z.string(),
  scenarios: z.array(z.object({ name: z.string(), title: z.string() })),
  seed: z.number(),
  speed: z.number(),
  machines: z.number(),
  sensors: z.number(),
  simulatedS: z.number(),
  connected: z.boolean(),
  published: z.number(),
  acknowledged: z.number(),
  pending: z.number(),
  dropped: z.number(),
  faults: z.array(z.object({
    machine: z.string(),
    sensor: z.string().nullable(),
    kind: z.string(),
    untilS: z.number(),
  })),
}).meta({ id: "SimulatorStatus" });

/** The simulated plant; without one (`perch serve`) the routes are not there. */
export function simulatorRoutes({ simulator }: { simulator: Simulator | null }): Route[] {
  if (simulator === null) return [];
  const tags = ["Simulator"];
  const responses = { 200: { description: "How the plant is now", schema: statusShape } };
  /** `/api/simulator/start`, and `/api/start` as other systems call it. */
  const start = (path: string, summary: string | null) =>
    route({
      method: "post",
      path,
      policy: "engineer",
      summary,
      tags,
      accepts: { "application/json": { schema: simulatorOptions, example: { speed: 2 } } },
      responses,
      // Read here rather than by the table: no body at all means "as before".
      handler: async ({ c }) => {
        await simulator.start(await readOptions(c.req.raw));
        return c.json(simulator.status());
      },
    });
  const stop = (path: string, summary: string | null) =>
    route({
      method: "post",
      path,
      policy: "engineer",
      summary,
      tags,
      responses,
      handler: async ({ c }) => {
        await simulator.stop();
        return c.json(simulator.status());
      },
    });
  return [
    route({
      method: "get",
      path: "/api/simulator",
      policy: "viewer",
      summary: "What the simulated plant does",
      tags,
      responses,
      handler: ({ c }) => c.json(simulator.status()),
    }),
    start(
      "/api/simulator/start",
      "Start the plant from its first second (`/api/start` is the same)",
    ),
    stop("/api/simulator/stop", "Stop the plant (`/api/stop` is the same)"),
    start("/api/start", null),
    stop("/api/stop", null),
  ];
}

async function readOptions(request: Request): Promise<SimulatorOptions> {
  if (request.body === null || request.headers.get("content-length") === "0") return {};
  return await validate(simulatorOptions, await readJson(request), "body") as SimulatorOptions;
}
