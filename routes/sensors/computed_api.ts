import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { msField } from "../../lib/base/wire.ts";
import type { Computed, ComputedView } from "../../lib/computed/computed.ts";
import { askedSpec, specShape } from "../../lib/computed/spec.ts";
import { auditedBy } from "../http/caller.ts";
import { listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

export interface ComputedServices {
  computed: Computed;
  audit: Pick<Audit, "statement">;
}

/** Most hours that a preview looks back. */
export const PREVIEW_HOURS_MOST = 48;
const tags = ["Sensors"];
const refShape = z.object({ id: z.string(), name: z.string() }).meta({ id: "SensorRef" });

const computedShape = z.object({
  ...refShape.shape,
  unit: z.string().nullable(),
  spec: specShape,
  inputs: z.array(refShape.nullable()).describe("by input of `spec`; null: gone for good"),
  used_by: z.array(refShape).describe("sensors that are computed from it"),
  fault: z.string().nullable().describe("why it has no value"),
  progress: z.number().nullable().describe("of its history, 0 to 1; null: all is computed"),
  created_ms: msField,
}).meta({ id: "Computed" });

const draftShape = z.strictObject({
  name: z.string().min(1).max(2000).describe("<area…>/<machine>/<sensor>"),
  unit: z.string().trim().min(1).max(24).nullable().optional()
    .describe("left out: worked out of those of the inputs"),
  spec: specShape,
}).meta({ id: "ComputedDraft" });

const previewShape = z.object({
  unit: z.string().nullable(),
  from_ms: msField,
  t: z.array(z.number()),
  v: z.array(z.number()).describe("means of equal stretches"),
  results: z.number(),
  none: z.number().describe("moments without a result: an input was missing or too old"),
  last: z.number().nullable(),
}).meta({ id: "ComputedPreview" });

/** `/api/computed`: sensors that are computed from others. */
export function computedRoutes({ computed, audit }: ComputedServices): Route[] {
  const json = (view: ComputedView): z.output<typeof computedShape> => ({
    ...refOf(view.sensor),
    unit: view.sensor.unit,
    spec: askedSpec(view.spec),
    inputs: view.inputs.map((input) => input && refOf(input)),
    used_by: computed.from(view.sensor).map(refOf),
    fault: view.fault,
    progress: view.progress,
    created_ms: view.createdMs,
  });
  const params = z.object({ id: z.string().min(1).max(2000) });
  const none = { 404: { description: "It is not there, or not computed" } };
  const one = { 200: { description: "The computed sensor", schema: computedShape }, ...none };
  const named = { params: { id: "hall-1/press-3/doubled" } };
  const example = {
    how: "difference" as const,
    inputs: [{ sensor: "hall-1/press-3/temperature" }, { sensor: "hall-2/read/load" }],
  };
  return [
    route({
      method: "get",
      path: "/api/computed",
      policy: "viewer",
      summary: "Computed sensors by name: from which, and how far",
      tags,
      responses: { 200: { description: "All of them", schema: listOf(computedShape) } },
      handler: () => Response.json({ items: computed.all().map(json), next: null }),
    }),
    route({
      method: "post",
      path: "/api/computed",
      policy: "engineer",
      summary: "Compute a new sensor from others; its history is computed in the background",
      tags,
      body: draftShape,
      example: { body: { name: "hall-1/press-3/warmer", spec: example } },
      responses: {
        201: { description: "The computed sensor", schema: computedShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const view = await computed.add(context.body, auditedBy(audit, context));
        return Response.json(json(view), { status: 201 });
      },
    }),
    route({
      method: "post",
      path: "/api/computed/preview",
      policy: "engineer",
      summary: "What a definition would give over the last hours; nothing is saved",
      tags,
      body: z.strictObject({
        spec: specShape,
        hours: z.number().positive().max(PREVIEW_HOURS_MOST).optional().describe("default 6"),
      }),
      example: { body: { spec: example } },
      responses: { 200: { description: "Its results", schema: previewShape } },
      handler: async ({ body }) => {
        const { unit, fromMs, tMs, value, results, none, last } = await computed.preview(
          body.spec,
          body.hours ?? 6,
        );
        return Response.json({ unit, from_ms: fromMs, t: tMs, v: value, results, none, last });
      },
    }),
    route({
      method: "get",
      path: "/api/computed/:id{.+}",
      policy: "viewer",
      summary: "A computed sensor by id or name",
      tags,
      params,
      example: named,
      responses: one,
      handler: ({ params }) => Response.json(json(computed.find(params.id))),
    }),
    route({
      method: "put",
      path: "/api/computed/:id{.+}",
      policy: "engineer",
      summary: "Compute it in another way; earlier results are replaced in the background",
      tags,
      params,
      body: specShape,
      example: { ...named, body: { ...example, how: "mean" as const } },
      responses: one,
      handler: async (context) => {
        const { params: { id }, body } = context;
        return Response.json(json(await computed.change(id, body, auditedBy(audit, context))));
      },
    }),
    route({
      method: "delete",
      path: "/api/computed/:id{.+}",
      policy: "engineer",
      summary: "Compute it no more; the sensor stays, with its readings",
      tags,
      params,
      example: named,
      responses: { 204: { description: "Done" }, ...none },
      handler: async (context) => {
        await computed.end(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

const refOf = ({ id, name }: { id: string; name: string }) => ({ id, name });
