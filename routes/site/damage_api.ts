import { z } from "zod";
import { momentInBody, momentMs } from "../../lib/base/epoch.ts";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import type { Damage } from "../../lib/readings/store.ts";
import { caller } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Status"];
/** More are counted, not listed: a disk that damages so much is not read through. */
const MOST = 500;

const damageShape = z.object({
  kind: z.enum(["chunk", "summary", "group", "series", "tier"]),
  ref: z.number().describe("id of the chunk, journal group or summed-up row, number of the sensor"),
  sensor: z.string().nullable().describe("null: not known, it can be any"),
  sensor_name: z.string().nullable().describe(
    "as pages call it, with its machine; null: not known",
  ),
  from: z.number().nullable().describe("epoch ms; null: not known"),
  to: z.number().nullable().describe("epoch ms, exclusive; null: not known"),
  readings: z.number().nullable().describe("how many are left out of answers; null: not known"),
  reason: z.string(),
  found_ms: z.number(),
  acknowledged_ms: z.number().nullable().describe("when an admin said that they know of it"),
}).meta({ id: "Damage" });
export type DamageItem = z.output<typeof damageShape>;

export interface DamageServices {
  damage: {
    all(): Promise<Damage[]>;
    acknowledge(foundUntilMs: number, extra: readonly SqlStatement[]): Promise<number>;
  };
  sensorName: (num: number) => string | null;
  /** As pages call it, with its machine: `Bearing vibration (Press 3)`. */
  sensorAtMachine: (num: number) => string | null;
  audit: Pick<Audit, "statement">;
  clock: Pick<Clock, "now">;
}

/** What is damaged, newest first. */
export async function damageItems(services: DamageServices): Promise<DamageItem[]> {
  const all = await services.damage.all();
  return all.sort((a, b) => b.foundMs - a.foundMs).map((d) => itemOf(d, services));
}

function itemOf(
  { kind, ref, sensor, fromMs, toMs, readings, reason, foundMs, acknowledgedMs }: Damage,
  { sensorName, sensorAtMachine }: Pick<DamageServices, "sensorName" | "sensorAtMachine">,
): DamageItem {
  // A summary and what is known of a sensor are made anew: nothing is left out.
  const nothing = kind === "summary" || fromMs >= toMs;
  const isKnown = fromMs > 0;
  return {
    kind,
    ref,
    sensor: sensor === null ? null : sensorName(sensor) ?? `sensor number ${sensor}`,
    sensor_name: sensor === null ? null : sensorAtMachine(sensor) ?? `sensor number ${sensor}`,
    from: isKnown ? fromMs : null,
    to: isKnown ? toMs : null,
    readings: nothing ? 0 : readings === 0 ? null : readings,
    reason,
    found_ms: foundMs,
    acknowledged_ms: acknowledgedMs,
  };
}

/** A caller knows of what was found until then; with its audit row. Gives how many that were. */
export function acknowledgeDamage(
  services: DamageServices,
  context: RouteContext,
  foundUntilMs: number,
): Promise<number> {
  return services.damage.acknowledge(foundUntilMs, [
    services.audit.statement({
      actor: caller(context),
      action: "damage.acknowledge",
      resource: "damage",
      // Two who acknowledge the same are not in each other's way.
      touches: [],
      after: { found_until_ms: foundUntilMs },
    }),
  ]);
}

/** `/api/damage`: what is stored and is not what was written; and that somebody knows of it. */
export function damageRoutes(services: DamageServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/damage",
      policy: "viewer",
      summary: "Stored readings that are damaged: left out of answers, and marked there",
      tags,
      responses: {
        200: {
          description: `Newest first, at most ${MOST}; \`total\` counts all`,
          schema: z.object({
            items: z.array(damageShape),
            total: z.number(),
            next: z.null(),
          }),
        },
      },
      handler: async () => {
        const items = await damageItems(services);
        return Response.json({ items: items.slice(0, MOST), total: items.length, next: null });
      },
    }),
    route({
      method: "post",
      path: "/api/damage/acknowledge",
      policy: "admin",
      summary: "Say that you know of the damage: it alarms no longer, and stays marked as a gap",
      tags,
      body: z.strictObject({
        found_until_ms: momentInBody
          .describe("only what was found until then (its `found_ms`); default: now"),
      }),
      example: { body: {} },
      responses: {
        200: {
          description: "How many things that were not acknowledged before",
          schema: z.object({ acknowledged: z.number() }),
        },
      },
      handler: async (context) => {
        const nowMs = services.clock.now();
        const untilMs = momentMs(context.body.found_until_ms, nowMs) ?? nowMs;
        const acknowledged = await acknowledgeDamage(
          services,
          context,
          untilMs,
        );
        return Response.json({ acknowledged });
      },
    }),
  ];
}
