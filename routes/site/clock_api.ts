import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { ClockState } from "../../lib/base/steady_clock.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import { caller } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Status"];

const clockShape = z.object({
  host_ms: z.number().describe("what the host's clock says"),
  now_ms: z.number().describe("the time that Perch goes by"),
  trusted_ms: z.number().describe("the time that deletion by age and sign-ins go by"),
  waiting_ms: z.number().describe("so far the host is ahead of it; a day per day is made up"),
  doubt: z.enum(["implausible", "behind", "ahead"]).nullable()
    .describe("why the host's clock is not followed; null: it is"),
  unsynchronised: z.boolean().describe("no time server has set it since the host started"),
}).meta({ id: "Clock" });

export interface ClockServices {
  clock: { state(): ClockState };
  /** Says that the host's clock is right, in one transaction with `also`. @throws `conflict` */
  confirm: (also: readonly SqlStatement[]) => Promise<void>;
  audit: Pick<Audit, "statement">;
}

/** Shape of the clock in answers. */
export function clockJson(state: ClockState): z.output<typeof clockShape> {
  const { hostMs, nowMs, trustedMs, waitingMs, doubt, unsynchronised } = state;
  return {
    ...{ host_ms: hostMs, now_ms: nowMs, trusted_ms: trustedMs, waiting_ms: waitingMs, doubt },
    unsynchronised,
  };
}

/** Confirms the host's clock for a caller, with its audit row. @throws `conflict` */
export function confirmClock(services: ClockServices, context: RouteContext): Promise<void> {
  const { hostMs, trustedMs } = services.clock.state();
  return services.confirm([
    services.audit.statement({
      actor: caller(context),
      action: "clock.confirm",
      resource: "clock",
      before: { trusted_ms: trustedMs },
      after: { trusted_ms: hostMs },
    }),
  ]);
}

/** `/api/clock`: is the host's clock believed, and what waits until it is? */
export function clockRoutes(services: ClockServices): Route[] {
  const { clock } = services;
  return [
    route({
      method: "get",
      path: "/api/clock",
      policy: "viewer",
      summary: "The host's clock, and the time that Perch trusts",
      tags,
      responses: { 200: { description: "The clocks", schema: clockShape } },
      handler: () => Response.json(clockJson(clock.state())),
    }),
    route({
      method: "post",
      path: "/api/clock/confirm",
      policy: "admin",
      summary: "Say that the host's clock is right: deletion by age goes by it at once",
      tags,
      responses: {
        200: { description: "The clocks", schema: clockShape },
        409: { description: "No clock can be right that says so" },
      },
      handler: async (context) => {
        await confirmClock(services, context);
        return Response.json(clockJson(clock.state()));
      },
    }),
  ];
}
