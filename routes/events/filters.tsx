import type { VNode } from "preact";
import { title } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { Field, Hidden } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { hrefWith } from "../frame/links.ts";
import { Chip, Chips, Removable } from "../frame/parts.tsx";
import { RANGES } from "../frame/range.ts";
import { kindOf, kindsFor, typesOf } from "./kinds.ts";
import type { PageFilter } from "./page_filter.ts";

/**
 * The search, and the filters as links, folded where the screen is small; what has no link has a field below them.
 * `ownTypes` are the types that other programs brought.
 */
export function EventFilters(
  { filter, readsPrivate, ownTypes }: {
    filter: PageFilter;
    readsPrivate: boolean;
    ownTypes: readonly string[];
  },
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
  const kind = kindOf(kinds, type);
  const types = kind === undefined ? [] : typesOf(kind, ownTypes);
  const one = types.find((one) => one.type === type);
  const isKind = kind !== undefined && kind.families.join(",") === type;
  const without = (...names: (keyof PageFilter)[]) =>
    Object.fromEntries(
      Object.entries(filter).filter(([name, value]) =>
        value && !names.includes(name as keyof PageFilter)
      ),
    ) as Record<string, string>;
  const period = [from && `from ${shown(from)}`, to && `to ${shown(to)}`].filter(Boolean).join(" ");
  const on = [
    filter.severity && title(filter.severity),
    isKind ? kind.name : one?.word ?? type,
    RANGES.find(({ key }) => key === filter.range)?.name,
    ...[machine, actor && `by ${actor}`, subject, period],
  ].filter(Boolean);
  return (
    <>
      <details class="event-filters">
        <summary>{on.length === 0 ? "Filters" : `Filters: ${on.join(", ")}`}</summary>
        <Chips label="Filters">
          {SEVERITIES.toReversed().map((one) => toggle(title(one), "severity", one))}
          <span class="chip-gap" aria-hidden="true" />
          {kinds.map(({ name, families }) => toggle(name, "type", families.join(",")))}
          <span class="chip-gap" aria-hidden="true" />
          {RANGES.map(({ key, name }) =>
            toggle(name, "range", key, { from: undefined, to: undefined })
          )}
          {type && !isKind && one === undefined && (
            <Removable href={href({ type: undefined })}>{type}</Removable>
          )}
          {machine && <Removable href={href({ machine: undefined })}>{machine}</Removable>}
          {actor && <Removable href={href({ actor: undefined })}>{`by ${actor}`}</Removable>}
          {subject && <Removable href={href({ subject: undefined })}>{subject}</Removable>}
          {period !== "" && (
            <Removable href={href({ from: undefined, to: undefined })}>{period}</Removable>
          )}
          {q && <Removable href={href({ q: undefined })}>{`“${q}”`}</Removable>}
        </Chips>
        {types.length > 1 && (
          <Chips label={`Types of ${kind?.name}`}>
            {types.map(({ type, word }) => toggle(word, "type", type))}
          </Chips>
        )}
        <details class="more-filters" open={Boolean(machine || actor || from || to)}>
          <summary>Machine, person and period</summary>
          <form method="get" action="/events">
            <Hidden values={without("machine", "actor", "from", "to", "range")} />
            <div class="filters">
              <Picker
                kinds={["machine", "area"]}
                name="machine"
                label="Machine or area"
                value={machine}
                placeholder="hall-1/press-3"
                required={false}
                autocomplete="off"
              />
              <Picker
                kinds={["person"]}
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
      </details>
    </>
  );
}

const shown = (time: string) => time.replace("T", " ");
