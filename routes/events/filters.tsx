import type { VNode } from "preact";
import { aboutType, EVENT_TYPES, type EventType } from "../../lib/events/event.ts";
import { title } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { Field, Hidden } from "../frame/form.tsx";
import { hrefWith } from "../frame/links.ts";
import { Chip, Chips, Removable } from "../frame/parts.tsx";
import { RANGES } from "../frame/range.ts";
import { kindsFor } from "./kinds.ts";
import type { PageFilter } from "./page_filter.ts";

/** The search, and the filters as links; what has no link has a field under More filters. */
export function EventFilters(
  { filter, readsPrivate }: { filter: PageFilter; readsPrivate: boolean },
): VNode {
  const { type, machine, actor, subject, from, to, q } = filter;
  const href = (change: PageFilter) => hrefWith("/events", { ...filter, ...change });
  const toggle = (text: string, key: keyof PageFilter, value: string, also: PageFilter = {}) => {
    const on = filter[key] === value;
    return (
      <Chip key={value} href={href({ ...also, [key]: on ? undefined : value })} on={on}>
        {text}
      </Chip>
    );
  };
  const kinds = kindsFor(readsPrivate);
  const isKind = kinds.some(({ families }) => families.join(",") === type);
  const without = (...names: (keyof PageFilter)[]) =>
    Object.fromEntries(
      Object.entries(filter).filter(([name, value]) =>
        value && !names.includes(name as keyof PageFilter)
      ),
    ) as Record<string, string>;
  const period = [from && `from ${shown(from)}`, to && `to ${shown(to)}`].filter(Boolean).join(" ");
  return (
    <>
      <form class="filter" method="get" action="/events" role="search">
        <Hidden values={without("q")} />
        <input
          type="search"
          name="q"
          value={q}
          maxLength={200}
          aria-label="Search events"
          placeholder="Words of the event, a person, a machine"
        />
        <button type="submit">Search</button>
      </form>
      <Chips label="Filters">
        {SEVERITIES.toReversed().map((one) => toggle(title(one), "severity", one))}
        <span class="chip-gap" aria-hidden="true" />
        {kinds.map(({ name, families }) => toggle(name, "type", families.join(",")))}
        <span class="chip-gap" aria-hidden="true" />
        {RANGES.map(({ key, name }) =>
          toggle(name, "range", key, { from: undefined, to: undefined })
        )}
        {type && !isKind && <Removable href={href({ type: undefined })}>{wordsOf(type)}</Removable>}
        {machine && <Removable href={href({ machine: undefined })}>{machine}</Removable>}
        {actor && <Removable href={href({ actor: undefined })}>{`by ${actor}`}</Removable>}
        {subject && <Removable href={href({ subject: undefined })}>{subject}</Removable>}
        {period !== "" && (
          <Removable href={href({ from: undefined, to: undefined })}>{period}</Removable>
        )}
        {q && <Removable href={href({ q: undefined })}>{`“${q}”`}</Removable>}
      </Chips>
      <details class="more-filters" open={Boolean(machine || actor || from || to)}>
        <summary>Machine, person and period</summary>
        <form method="get" action="/events">
          <Hidden values={without("machine", "actor", "from", "to", "range")} />
          <div class="filters">
            <Field
              name="machine"
              label="Machine or area"
              value={machine}
              placeholder="hall-1/press-3"
              required={false}
              autocomplete="off"
            />
            <Field
              name="actor"
              label="Person"
              value={actor}
              placeholder="the whole name"
              required={false}
              autocomplete="off"
            />
            <Field name="from" label="From" type="datetime-local" value={from} required={false} />
            <Field name="to" label="To" type="datetime-local" value={to} required={false} />
          </div>
          <button type="submit">Show</button>
        </form>
      </details>
    </>
  );
}

const shown = (time: string) => time.replace("T", " ");

/** A type in words, where it is one. */
function wordsOf(type: string): string {
  const isOne = type in EVENT_TYPES || type.startsWith("external.");
  return isOne ? aboutType(type as EventType) : type;
}
