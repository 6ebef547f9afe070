import { z } from "zod";
import type { AuditQuery } from "../../lib/access/audit_row.ts";
import { auditEntryOf, auditEntryShape } from "../../lib/access/shapes.ts";
import { timeField } from "../../lib/base/epoch.ts";
import type { Access } from "../../lib/access/access.ts";
import { type Route, route } from "../http/route.ts";
import { cursorField, limitField, listOf } from "../http/params.ts";

const EXPORT_PAGE = 500;

const filters = {
  search: z.string().max(200).optional().describe("in actor, action, resource, address"),
  action: z.string().max(100).optional().describe("e.g. `user.update`, or `user` for all of them"),
  actor: z.string().max(254).optional().describe("id or name"),
  from: timeField("at or after"),
  to: timeField("exclusive"),
};

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
        limit: limitField(500, 50),
        cursor: cursorField(20),
        format: z.enum(["json", "ndjson"]).optional().describe("ndjson: everything, one per line"),
      }),
      responses: { 200: { description: "Entries", schema: listOf(auditEntryShape) } },
      handler: async ({ query, nowMs }) => {
        const { from, to, format, ...rest } = query;
        const asked = { ...rest, fromMs: from?.(nowMs), toMs: to?.(nowMs) };
        if (format !== "ndjson") {
          const { items, next } = await audit.list(asked);
          return Response.json({ items: items.map(auditEntryOf), next });
        }
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
      const lines = page.items.map((row) => `${JSON.stringify(auditEntryOf(row))}\n`).join("");
      if (lines !== "") stream.enqueue(encoder.encode(lines));
      cursor = page.next;
      if (cursor === null) stream.close();
    },
  });
}
