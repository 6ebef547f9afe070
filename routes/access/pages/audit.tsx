import type { VNode } from "preact";
import { z } from "zod";
import type { AuditQuery, AuditRow } from "../../../lib/access/audit_row.ts";
import { Field, FormError } from "../../frame/form.tsx";
import { pageTime } from "../../frame/range.ts";
import { type Route, route } from "../../http/route.ts";
import { Filtered } from "../../frame/list_filter.tsx";
import { Answer, More, UnderMore } from "../../frame/parts.tsx";
import { alarmHref, machineHref, machineTitle, sensorHref, ticketHref } from "../../frame/links.ts";
import type { MachineDirectory, SensorDirectory } from "../../../lib/machines/sensor.ts";
import type { Settings } from "../../../lib/settings/settings.ts";
import { type Called, changesOf, deedOf, type Naming } from "./audit_words.ts";
import type { AccountPageParts } from "./parts.ts";
import { Exact } from "../../frame/times.tsx";

/** Six screens of a phone. */
const PAGE = 40;
/** More changes of one entry are folded. */
const CHANGES_MOST = 4;
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

/** What the page finds names in. */
export interface AuditPageParts extends AccountPageParts {
  machines: Pick<MachineDirectory, "find">;
  sensors: Pick<SensorDirectory, "find">;
  settings: Pick<Settings, "list">;
}

/** Public ids, as they stand among what was changed. */
const ID = /^[a-z0-9]{10,26}$/;

function namingOf({ access, machines, sensors, settings }: AuditPageParts): Naming {
  const finders: Record<string, (id: string) => Called | null> = {
    user(id) {
      const user = access.users.find(id);
      return user === undefined ? null : { name: user.name || user.email, href: "/people" };
    },
    machine(id) {
      const machine = machines.find(id);
      return machine === undefined
        ? null
        : { name: machineTitle(machine), href: machineHref(machine.path) };
    },
    sensor(id) {
      const sensor = sensors.find(id);
      return sensor === undefined ? null : { name: sensor.name, href: sensorHref(sensor.id) };
    },
    setting(key) {
      const view = settings.list(() => true).find((one) => one.key === key);
      return view === undefined ? null : { name: view.title };
    },
    ticket: (id) => ({ name: id, href: ticketHref(id) }),
    alarm: (id) => ({ name: id, href: alarmHref(id) }),
  };
  return (kind, id) => {
    if (kind !== null) return finders[kind]?.(id) ?? null;
    if (!ID.test(id)) return null;
    return finders.user(id) ?? finders.machine(id) ?? finders.sensor(id);
  };
}

/** `/audit`: who did what, newest first. For admins. */
export function auditPages(parts: AuditPageParts): Route[] {
  const { audit } = parts.access;
  const naming = namingOf(parts);
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
        const times = {
          fromMs: timeOf(from, nowMs, parts.zone),
          toMs: timeOf(to, nowMs, parts.zone),
        };
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
              naming={naming}
              zone={parts.zone}
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
  naming: Naming;
  zone: string;
}

function Content(
  { items, next, filters, exported, problem, naming, zone }: ContentProps,
): VNode {
  const older = new URLSearchParams({ ...filters, cursor: next ?? "" });
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <>
      <UnderMore />
      <Answer>
        {items.length === 0
          ? "Nothing was found"
          : filters.search
          ? `What has “${filters.search}” in it`
          : isFiltered
          ? "What these filters leave"
          : "Recent activity"}
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
          <section class="card" aria-label="Entries">
            <ul class="audit">
              {items.map((row) => <Row key={row.id} row={row} naming={naming} zone={zone} />)}
            </ul>
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

function Row({ row, naming, zone }: { row: AuditRow; naming: Naming; zone: string }): VNode {
  const { did, what } = deedOf(row, naming);
  const changes = changesOf(row, naming, zone);
  const line = (text: string) => <p key={text} class="audit-change">{text}</p>;
  return (
    <li>
      <p class="muted" title={row.agent ?? undefined}>
        <Exact tMs={row.ts} zone={zone} />
        {row.address !== null && ` from ${row.address}`}
      </p>
      <p title={row.action}>
        <strong>{row.actor.name}</strong> {did} {what !== null &&
          (what.href === undefined ? what.name : <a href={what.href}>{what.name}</a>)}
      </p>
      {changes.slice(0, CHANGES_MOST).map(line)}
      {changes.length > CHANGES_MOST && (
        <details>
          <summary>{`${changes.length - CHANGES_MOST} more`}</summary>
          {changes.slice(CHANGES_MOST).map(line)}
        </details>
      )}
    </li>
  );
}
