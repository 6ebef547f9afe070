/** The address of the page says which range is shown: a link to it, sent on, shows the same. */

/** Null: what the page shows by itself. Other fields of the address stay. */
export function shownInAddress(range: { fromMs: number; toMs: number } | null): void {
  const address = new URL(location.href);
  const { searchParams } = address;
  const given = initial ??= { from: searchParams.get("from"), to: searchParams.get("to") };
  const set = (name: "from" | "to", text: string | null) =>
    text === null ? searchParams.delete(name) : searchParams.set(name, text);
  set("from", range === null ? given.from : stampOf(Math.floor(range.fromMs)));
  set("to", range === null ? given.to : stampOf(Math.ceil(range.toMs)));
  history.replaceState(history.state, "", address);
}

let initial: { from: string | null; to: string | null } | null = null;

/** ISO 8601 in UTC: the same moment wherever it is opened. */
function stampOf(tMs: number): string {
  return new Date(tMs).toISOString().replace(/\.000Z$/, "Z");
}
