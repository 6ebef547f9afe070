import { z } from "zod";
import type { AuditQuery } from "../../lib/access/audit_row.ts";
import { timeField } from "../../lib/base/epoch.ts";
import type { Access } from "../../lib/access/access.ts";
import { listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const EXPORT_PAGE = 500;

const filters = {
  search: z.string().max(200).optional().describe("in actor, action, resource, address"),
  action: z.string().max(100).optional().describe("e.g. `user.update`, or `user` for all of them"),
  actor: z.string().max(254).optional().describe("id or name"),
  from: timeField("at or after"),
  to: timeField("exclusive"),
};

const rowShape = z.object({
  id: z.number(),
  ts: z.number(),
  actor: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
  action: z.string(),
  resource: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  address: z.string().nullable(),
  agent: z.string().nullable(),
});

/** The audit log: for admins, read only. */
export function auditRoutes(access: Access): Route[] {
  const { audit } = access;
  return [
    route({
      method: "get",
      path: "/api/audit",
      policy: "admin",
      summary: "Who did what: newest first",
      tags: ["Audit"],
      query: z.strictObject({
        ...filters,
        limit: z.coerce.number().int().min(1).max(500).optional(),
        cursor: z.string().max(20).optional(),
        format: z.enum(["json", "ndjson"]).optional().describe("ndjson: everything, one per line"),
      }),
      responses: { 200: { description: "Entries", schema: listOf(rowShape) } },
      handler: async ({ query, nowMs }) => {
        const { from, to, format, ...rest } = query;
        const asked = { ...rest, fromMs: from?.(nowMs), toMs: to?.(nowMs) };
        if (format !== "ndjson") return Response.json(await audit.list(asked));
        return new Response(exportOf(audit, asked), {
          headers: {
            "content-type": "application/x-ndjson",
            "content-disposition": 'attachment; filename="audit.ndjson"',
          },
        });
      },
    }),
  ];
}

/** The whole log page by page, as fast as it is read. */
function exportOf(audit: Access["audit"], query: AuditQuery): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor: string | null | undefined;
  return new ReadableStream({
    async pull(stream) {
      const page = await audit.list({ ...query, limit: EXPORT_PAGE, cursor: cursor ?? undefined });
      const lines = page.items.map((row) => `${JSON.stringify(row)}\n`).join("");
      if (lines !== "") stream.enqueue(encoder.encode(lines));
      cursor = page.next;
      if (cursor === null) stream.close();
    },
  });
}
