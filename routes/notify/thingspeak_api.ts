import { z } from "zod";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import { formerly, msField } from "../../lib/base/wire.ts";
import type { Uploader } from "../../lib/notify/thingspeak/uploader.ts";
import { listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["ThingSpeak"];

const stateShape = z.object({
  health: z.enum(["ok", "degraded", "off"]),
  detail: z.string(),
  fields: z.array(z.string()).describe("sensor of field 1, 2 …; empty: there is none of that name"),
  cursor_ms: z.number().nullable().describe("readings before it are uploaded"),
  last_upload_ms: msField.nullable(),
  messages: z.number().describe("since start"),
  requests: z.number().describe("since start"),
  cursor: formerly(z.number().nullable(), "cursor_ms"),
  last_upload: formerly(z.number().nullable(), "last_upload_ms"),
}).meta({ id: "ThingSpeakUpload" });

const entryShape = z.object({
  ts: z.number(),
  entry: z.number(),
  fields: z.record(z.string(), z.string()),
}).meta({ id: "ThingSpeakEntry" });

const query = z.strictObject({
  results: z.coerce.number().int().min(1).max(8000).default(100)
    .describe("the newest so many"),
});

export interface ThingSpeakServices {
  thingspeak: Pick<Uploader, "state" | "feeds">;
}

/** How the upload is doing, and what ThingSpeak has. Settings `thingspeak.*` say what is uploaded. */
export function thingspeakRoutes({ thingspeak }: ThingSpeakServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/thingspeak",
      policy: "viewer",
      summary: "How the upload to ThingSpeak is doing",
      tags,
      responses: { 200: { description: "State of the upload.", schema: stateShape } },
      handler() {
        const { cursorMs, lastUploadMs, ...state } = thingspeak.state();
        return Response.json({
          ...state,
          cursor_ms: cursorMs,
          last_upload_ms: lastUploadMs,
          cursor: cursorMs,
          last_upload: lastUploadMs,
        });
      },
    }),
    route({
      method: "get",
      path: "/api/thingspeak/feeds",
      policy: "viewer",
      summary: "What ThingSpeak has, newest first",
      tags,
      query,
      responses: {
        200: {
          description: "Entries of the channel; none while no channel is set.",
          schema: listOf(entryShape),
        },
        503: { description: "ThingSpeak does not answer, or with an error." },
      },
      async handler({ query: { results } }) {
        const feeds = await thingspeak.feeds(results).catch((error) => {
          throw new PerchError("unavailable", `ThingSpeak does not give it: ${messageOf(error)}`);
        });
        const items = (feeds ?? []).reverse().map(({ tMs, entryId, fields }) => ({
          ts: tMs,
          entry: entryId,
          fields,
        }));
        return Response.json({ items, next: null });
      },
    }),
  ];
}
