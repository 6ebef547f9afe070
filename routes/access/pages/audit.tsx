import type { VNode } from "preact";
import { z } from "zod";
import type { AuditQuery, AuditRow } from "../../../lib/access/audit_row.ts";
import { Field, FormError } from "../../frame/form.tsx";
import { pageTime } from "../../frame/range.ts";
import { type Route, route } from "../../http/route.ts";
import { Filtered } from "../../frame/list_filter.tsx";
import { Answer, More, Table } from "../../frame/parts.tsx";
import type { AccountPageParts } from "./parts.ts";
import { Exact } from "../../frame/times.tsx";

const PAGE = 50;
const querySchema = z.object({
  search: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  actor: z.string().max(254).optional(),
  from: z.string().max(30).optional(),
  to: z.string().max(30).optional(),
  cursor: z.string().max(20).optional(),
}).loose();

/** What is looked for, as typed. */
type Filters = Partial<Record<"search" | "action" | "actor" | "from" | "to", string>>;

/** `/audit`: who did what, newest first. For admins. */
export function auditPages(parts: AccountPageParts): Route[] {
  const { audit } = parts.access;
  const { zone } = parts;
  return [
    route({
      method: "get",
      path: "/audit",
      policy: "admin",
      summary: null,
      query: querySchema,
      handler: async ({ c, who, query, nowMs }) => {
        const filters = filtersOf(query);
        const { from, to, ...texts } = filters;
        const times = { fromMs: timeOf(from, nowMs, zone), toMs: timeOf(to, nowMs, zone) };
        const wrong = Object.values(times).includes(null);
        const asked = {
          ...texts,
          fromMs: times.fromMs ?? undefined,
          toMs: times.toMs ?? undefined,
        };
        const { items, next } = wrong
          ? { items: [], next: null }
          : await audit.list({ ...asked, cursor: query.cursor, limit: PAGE });
        return parts.frame.answer(c, who, {
          title: "Audit log",
          place: "/more",
          status: wrong ? 400 : 200,
          content: (
            <Content
              items={items}
              next={next}
              filters={filters}
              exported={exportLink(asked)}
              problem={wrong ? "From and to are a date and a time." : undefined}
              zone={zone}
            />
          ),
        });
      },
    }),
  ];
}

/** Empty fields of the form are no filters. */
function filtersOf({ search, action, actor, from, to }: z.output<typeof querySchema>): Filters {
  return Object.fromEntries(
    Object.entries({ search, action, actor, from, to }).filter(([, text]) => text),
  );
}

/** Undefined without a time, null for what is none. */
function timeOf(
  text: string | undefined,
  nowMs: number,
  zone: string,
): number | null | undefined {
  return text === undefined ? undefined : pageTime(text, nowMs, zone);
}

/** The same filters for the download. */
function exportLink({ fromMs, toMs, ...texts }: AuditQuery): string {
  const query = { ...texts, from: fromMs, to: toMs, format: "ndjson" };
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return `/api/audit?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

interface ContentProps {
  items: AuditRow[];
  next: string | null;
  filters: Filters;
  /** Address of the download. */
  exported: string;
  problem: string | undefined;
  zone: string;
}

function Content({ items, next, filters, exported, problem, zone }: ContentProps): VNode {
  const older = new URLSearchParams({ ...filters, cursor: next ?? "" });
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <>
      <Answer>
        {items.length === 0
          ? "Nothing was found"
          : filters.search
          ? `What has “${filters.search}” in it`
          : isFiltered
          ? "What these filters leave"
          : "What was done lately"}
      </Answer>
      <form method="get" action="/audit" role="search" data-filter>
        <div class="filter">
          <input
            type="search"
            name="search"
            value={filters.search}
            aria-label="Search in actor, action, resource and address"
            placeholder="Person, action, resource or address"
          />
          <button type="submit">Search</button>
        </div>
        <details class="custom" open={problem !== undefined || Object.keys(filters).some(isMore)}>
          <summary class="chip">More filters</summary>
          <div class="filters">
            <Filter
              name="action"
              label="What"
              filters={filters}
              placeholder="user or user.update"
            />
            <Filter name="actor" label="Who" filters={filters} placeholder="name or id" />
            <Filter name="from" label="From" filters={filters} type="datetime-local" />
            <Filter name="to" label="Before" filters={filters} type="datetime-local" />
          </div>
          <p class="help">{`Times in ${zone}.`}</p>
          <FormError>{problem}</FormError>
          {isFiltered && <a href="/audit">Without filters</a>}
        </details>
      </form>
      <Filtered>
        {items.length > 0 && (
          <section class="card">
            <Table label="Entries">
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
            </Table>
          </section>
        )}
        {next !== null && <More href={`/audit?${older}`}>Older entries</More>}
        <More href={exported} download>
          {isFiltered ? "Download what was found" : "Download all"}, one entry per line
        </More>
      </Filtered>
    </>
  );
}

const isMore = (name: string) => name !== "search";

function Filter(
  { name, filters, ...rest }: {
    name: keyof Filters;
    label: string;
    filters: Filters;
    placeholder?: string;
    type?: "datetime-local";
  },
): VNode {
  return <Field {...rest} name={name} value={filters[name]} required={false} autocomplete="off" />;
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
