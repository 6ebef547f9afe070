import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { TicketNews } from "../../islands/ticket_news.tsx";
import type { Ticket } from "../../lib/tickets/ticket.ts";
import { TICKET_SORTS } from "../../lib/tickets/ticket_store.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { ticketHref } from "../frame/links.ts";
import { Answer, Chip, Chips, More } from "../frame/parts.tsx";
import { askTickets, type TicketFilter, ticketFilterFields } from "./request.ts";
import { byOf } from "../http/caller.ts";
import { seeOther } from "../http/see_other.ts";
import { BulkList, Changed } from "../frame/bulk.tsx";
import { FormError } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { TicketBar, ticketBulkAction } from "./bulk.tsx";
import { NoTickets, Rows } from "./rows.tsx";
import { alarmTitle, NewTicket, ticketForm, ticketOf, type TicketPageParts } from "./form.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

const PAGE = 50;
const ALL_AT_ONCE = 200;
const Query = z.object({
  ...ticketFilterFields,
  cursor: z.string().max(40).optional(),
  /** How many were just changed together. */
  changed: z.string().regex(/^\d{1,6}$/).optional().catch(undefined),
}).loose();
type Query = z.output<typeof Query>;

/** Views that stand as chips, each a filter in the address. */
const VIEWS: [name: string, query: Record<string, string>][] = [
  ["Unresolved", {}],
  ["Mine", { assignee: "me", state: "unresolved" }],
  ["Overdue", { overdue: "true" }],
  ["Unassigned", { assignee: "none", state: "unresolved" }],
  ["Resolved", { state: "resolved" }],
  ["All", { state: "open,in_progress,resolved,closed" }],
];

const SORT_NAMES = { newest: "Newest", due: "Due date", priority: "Priority" } as const;

/** `/tickets`, `/tickets/new`. */
export function ticketsPages(parts: TicketPageParts): Route[] {
  const drawList = async (
    context: RouteContext,
    query: Query,
    asked: URLSearchParams,
    sent: SentForm,
  ) => {
    const since = parts.place();
    const { search, cursor, changed } = query;
    const filter = { ...narrowed(query), search, cursor, limit: PAGE };
    const page = await askTickets(parts, filter, context);
    asked.delete("changed");
    return parts.frame.answer(context.c, context.who, {
      title: "Tickets",
      place: "/tickets",
      script: "lists",
      stream: { types: "ticket" },
      since,
      status: sent.status,
      content: (
        <>
          {changed !== undefined && <Changed n={Number(changed)} one="ticket" more="tickets" />}
          <FormError>{sent.errors.form ?? sent.errors.assignee}</FormError>
          <List
            parts={parts}
            asked={asked}
            page={page}
            counts={await parts.tickets.counts()}
            notice={await parts.fromAlarms.full()}
            mayOpen={atLeast(context.who!.role, "engineer")}
            sent={sent}
          />
        </>
      ),
    });
  };
  const drawNew = async (context: RouteContext, sent: SentForm) =>
    parts.frame.answer(context.c, context.who, {
      title: "New ticket",
      place: "/tickets",
      status: sent.status,
      content: (
        <NewTicket
          parts={parts}
          sent={sent}
          alarm={sent.values.alarm ? await alarmTitle(parts, sent.values.alarm) : null}
        />
      ),
    });
  return [
    route({
      method: "get",
      path: "/tickets",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => {
        const asked = new URL(context.c.req.url).searchParams;
        return drawList(context, context.query, asked, NOTHING_SENT);
      },
    }),
    ticketBulkAction(
      parts,
      (asked, cursor, context) => {
        const query = Query.parse(asked);
        const page = { search: query.search, cursor, limit: ALL_AT_ONCE };
        return askTickets(parts, { ...narrowed(query), ...page }, context);
      },
      (context, asked, sent) =>
        drawList(context, Query.parse(asked), new URLSearchParams(asked), sent),
    ),
    route({
      method: "get",
      path: "/tickets/new",
      policy: "engineer",
      summary: null,
      query: z.object({
        alarm: z.string().max(40).optional(),
        machine: z.string().max(2000).optional(),
        title: z.string().max(200).optional(),
      }).loose(),
      handler: async (context) => {
        const { alarm, machine, title } = context.query;
        const known = alarm === undefined ? null : await parts.tickets.ofAlarm(alarm);
        if (known !== null) {
          return seeOther(ticketHref(known.id));
        }
        const alarmText = alarm === undefined ? null : await alarmTitle(parts, alarm);
        const values = {
          alarm: alarmText === null ? "" : alarm!,
          machine: machine ?? "",
          title: title ?? alarmText ?? "",
        };
        return await drawNew(context, { ...NOTHING_SENT, values });
      },
    }),
    formAction(
      "/tickets/new",
      z.strictObject({ ...ticketForm, alarm: z.string().max(40) }),
      async ({ alarm, ...form }, context) => {
        const draft = { ...await ticketOf(form, context.nowMs, parts.zone), alarm: alarm || null };
        const ticket = await parts.tickets.create(
          // An alarm's ticket is its machine's.
          { ...draft, machine: draft.machine ?? undefined },
          byOf(parts.audit, context),
        );
        return ticketHref(ticket.id);
      },
      drawNew,
    ),
  ];
}

/** Without a state, a list is of what there is to do. */
function narrowed(
  { state, priority, assignee, machine, alarm, overdue, sort }: Query,
) {
  const whole = alarm !== undefined || overdue !== undefined;
  return {
    state: state ?? (whole ? undefined : ["unresolved" as const]),
    priority,
    assignee,
    machine,
    alarm,
    overdue,
    sort,
  } satisfies TicketFilter;
}

function List(
  { parts, asked, page, counts, notice, mayOpen, sent }: {
    parts: TicketPageParts;
    asked: URLSearchParams;
    page: { items: Ticket[]; next: string | null };
    counts: { unresolved: number; overdue: number };
    notice: string | null;
    mayOpen: boolean;
    sent: SentForm;
  },
): VNode {
  const sort = asked.get("sort") ?? "newest";
  return (
    <>
      <div class="page-head">
        <Answer>{answerOf(counts)}</Answer>
        {mayOpen && <a class="chip" href="/tickets/new">New ticket</a>}
      </div>
      {notice && (
        <p class="banner warning" role="status">
          <span class="mark" aria-hidden="true">▲</span>
          {`${notice[0].toUpperCase()}${notice.slice(1)}.`}
        </p>
      )}
      <Island name="TicketNews" component={TicketNews} props={{ id: null }} />
      <ListFilter
        path="/tickets"
        name="search"
        value={asked.get("search") ?? ""}
        keep={without(asked, "cursor")}
        label="Search in titles, descriptions and numbers"
        placeholder="Title, description or number"
        button="Search"
      />
      <Filtered>
        <Chips label="Which tickets">
          {VIEWS.map(([name, query]) => (
            <Chip
              key={name}
              href={address(asked, ["state", "assignee", "overdue"], query)}
              on={isView(asked, query)}
            >
              {name}
            </Chip>
          ))}
          {(["priority", "machine", "alarm", "search"] as const).map((key) =>
            asked.get(key) && (
              <a key={key} class="chip on" href={address(asked, [key], {})}>
                {`${key}: ${asked.get(key)}`} <span aria-label="remove">×</span>
              </a>
            )
          )}
        </Chips>
        {page.items.length === 0 ? <NoTickets asked={asked} mayOpen={mayOpen} /> : (
          <>
            <nav class="sorts" aria-label="Order">
              {TICKET_SORTS.map((key) => (
                <a
                  key={key}
                  href={address(asked, ["sort"], key === "newest" ? {} : { sort: key })}
                  aria-current={sort === key ? "true" : undefined}
                >
                  {SORT_NAMES[key]}
                </a>
              ))}
            </nav>
            {!mayOpen ? <Rows page={page.items} zone={parts.zone} /> : (
              <BulkList
                action="/tickets/bulk"
                back={address(asked, [], {})}
                all="Select all that match"
                values={sent.values}
                bar={<TicketBar parts={parts} sent={sent} />}
              >
                <Rows page={page.items} zone={parts.zone} picked={sent.values} />
              </BulkList>
            )}
          </>
        )}
        {page.next !== null && <More href={address(asked, [], { cursor: page.next })}>More</More>}
      </Filtered>
    </>
  );
}

function answerOf({ unresolved, overdue }: { unresolved: number; overdue: number }): string {
  if (unresolved === 0) return "No ticket is open";
  const open = unresolved === 1 ? "1 ticket is open" : `${unresolved} tickets are open`;
  if (overdue === 0) return open;
  return `${open}, ${overdue} ${overdue === 1 ? "is" : "are"} overdue`;
}

/** The address with another filter; the page begins anew. */
function address(
  asked: URLSearchParams,
  without: readonly string[],
  query: Record<string, string>,
): string {
  const out = new URLSearchParams(asked);
  for (const key of [...without, "cursor"]) out.delete(key);
  for (const [key, value] of Object.entries(query)) out.set(key, value);
  return out.size === 0 ? "/tickets" : `/tickets?${out}`;
}

function without(asked: URLSearchParams, ...keys: string[]): Record<string, string> {
  return Object.fromEntries([...asked].filter(([key]) => !keys.includes(key)));
}

function isView(asked: URLSearchParams, query: Record<string, string>): boolean {
  return ["state", "assignee", "overdue"].every((key) =>
    (asked.get(key) ?? "") === (query[key] ?? "")
  );
}
