import type { VNode } from "preact";
import { z } from "zod";
import type { AuditRow } from "../../../lib/access/audit.ts";
import { type Route, route } from "../../route.ts";
import type { AccountPageParts } from "./parts.ts";
import { Exact } from "./time.tsx";

const PAGE = 50;
const querySchema = z.object({
  search: z.string().max(200).optional(),
  cursor: z.string().max(20).optional(),
}).loose();

/** `/audit`: who did what, newest first. For admins. */
export function auditPages(parts: AccountPageParts): Route[] {
  return [
    route({
      method: "get",
      path: "/audit",
      policy: "admin",
      summary: null,
      query: querySchema,
      handler: async ({ c, who, query }) => {
        const { search, cursor } = query;
        const { items, next } = await parts.access.audit.list({ search, cursor, limit: PAGE });
        return parts.frame.answer(c, who, {
          title: "Audit log",
          place: "/more",
          content: <Content items={items} next={next} search={search} zone={parts.zone} />,
        });
      },
    }),
  ];
}

function Content(
  { items, next, search, zone }: {
    items: AuditRow[];
    next: string | null;
    search: string | undefined;
    zone: string;
  },
): VNode {
  const older = new URLSearchParams({ ...(search ? { search } : {}), cursor: next ?? "" });
  return (
    <>
      <h1 class="answer">
        {items.length === 0
          ? "Nothing was found"
          : search
          ? `What has “${search}” in it`
          : "What was done lately"}
      </h1>
      <form method="get" action="/audit" class="filter" role="search">
        <input
          type="search"
          name="search"
          value={search}
          aria-label="Search in actor, action, resource and address"
          placeholder="Person, action, resource or address"
        />
        <button type="submit">Search</button>
      </form>
      {items.length > 0 && (
        <section class="card">
          <div class="scroll" tabIndex={0} role="region" aria-label="Entries">
            <table>
              <thead>
                <tr>
                  <th scope="col" class="text">When</th>
                  <th scope="col" class="text">Who</th>
                  <th scope="col" class="text">What</th>
                  <th scope="col" class="text">To what</th>
                  <th scope="col" class="text">Change</th>
                  <th scope="col">From</th>
                </tr>
              </thead>
              <tbody>
                {items.map((row) => <Row key={row.id} row={row} zone={zone} />)}
              </tbody>
            </table>
          </div>
        </section>
      )}
      {next !== null && (
        <p class="more">
          <a href={`/audit?${older}`}>Older entries</a>
        </p>
      )}
      <p class="more">
        <a href="/api/audit?format=ndjson" download>Download all, one entry per line</a>
      </p>
    </>
  );
}

function Row({ row, zone }: { row: AuditRow; zone: string }): VNode {
  return (
    <tr>
      <th scope="row">
        <Exact tMs={row.ts} zone={zone} />
      </th>
      <td class="text">{row.actor.name}</td>
      <td class="text">{row.action}</td>
      <td class="text">{row.resource}</td>
      <td class="text">
        {changes(row.before, row.after).map((line) => <div key={line}>{line}</div>)}
      </td>
      <td title={row.agent ?? undefined}>{row.address ?? ""}</td>
    </tr>
  );
}

/** `role: viewer → engineer`, only what differs. */
export function changes(before: unknown, after: unknown): string[] {
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === "object" && v !== null;
  if (!isObject(before) && !isObject(after)) {
    if (before === null && after === null) return [];
    return before === null ? [text(after)] : [`${text(before)} → ${text(after)}`];
  }
  const [b, a] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  return [...new Set([...Object.keys(b), ...Object.keys(a)])]
    .filter((key) => JSON.stringify(b[key]) !== JSON.stringify(a[key]))
    .map((key) => {
      if (!(key in b)) return `${key}: ${text(a[key])}`;
      if (!(key in a)) return `${key} was ${text(b[key])}`;
      return `${key}: ${text(b[key])} → ${text(a[key])}`;
    });
}

function text(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value) ?? "").slice(0, 200);
}
