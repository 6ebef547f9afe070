import type { VNode } from "preact";
import type { MachineStatus } from "../../lib/live/status_words.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import { label, title } from "../../lib/words/names.ts";
import { hrefWith } from "../frame/links.ts";
import { Chip, Chips } from "../frame/parts.tsx";
import type { MachineFilter } from "./request.ts";

/** Tags offered as filters. */
const TAGS_SHOWN = 8;

/** The tags that most machines have. */
export function commonTags(machines: readonly Machine[]): string[] {
  const counts = new Map<string, number>();
  for (const { tags } of machines) {
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, TAGS_SHOWN).map(([tag]) => tag);
}

/** Filters of the list of machines, as chips. */
export function Filters(
  { filter, tags }: { filter: MachineFilter; tags: readonly string[] },
): VNode {
  const chip = (name: string, set: Partial<MachineFilter>) => {
    const on = Object.entries(set).every(([key, value]) =>
      filter[key as keyof MachineFilter] === value
    );
    return (
      <Chip key={name} href={on ? "/machines" : hrefWith("/machines", set)} on={on}>{name}</Chip>
    );
  };
  const statuses: MachineStatus[] = ["critical", "warning", "offline", "maintenance"];
  return (
    <Chips label="Filters">
      {statuses.map((status) => chip(title(status), { status }))}
      {chip("New", { review: "new" })}
      {chip("Deleted", { deleted: "true" })}
      {[...new Set([...tags, ...(filter.tag ? [filter.tag] : [])])]
        .map((tag) => chip(`tag ${label(tag)}`, { tag }))}
      {filter.under && chip(filter.under, { under: filter.under })}
    </Chips>
  );
}
