/*
 * What nearly all items of a batch are: a name, a number, perhaps a time in seconds or milliseconds. Such items become
 * columns; everything else, and all that is wrong, is left to `http.ts`; both give the same (`plain_items_test.ts`).
 */
import { isPlainName } from "../../machines/names.ts";
import { DraftColumns } from "../../readings/draft_columns.ts";
import { addReject, type Decoded } from "../../readings/reading.ts";
import { epochMs } from "./time.ts";

/** Reads items into columns; `decode` reads those that are not plain. `drafts` is empty. */
export function decodeToColumns(
  items: readonly unknown[],
  decode: (item: unknown) => Decoded,
): Decoded & { columns: DraftColumns } {
  const columns = new DraftColumns(items.length);
  const out = { drafts: [], rejects: [], columns };
  const plain = new PlainItems(columns);
  for (let index = 0; index < items.length; index++) {
    if (plain.add(items[index], index)) continue;
    const { drafts, rejects } = decode(items[index]);
    for (const draft of drafts) {
      draft.index = index;
      columns.addOther(draft, index);
    }
    for (const reject of rejects) addReject(out, { ...reject, index });
  }
  return out;
}

class PlainItems {
  /** Places of the names among those of the columns, −1 where one is not plain: by machine and sensor. */
  readonly #places = new Map<string, Map<string, number>>();

  constructor(private readonly columns: DraftColumns) {}

  /** False when the item is not plain: nothing was added. */
  add(item: unknown, index: number): boolean {
    if (typeof item !== "object" || item === null) return false;
    const { machine = "", sensor, tag, value, ts, timestamp, time, seq, unit } = item as Record<
      string,
      unknown
    >;
    const last = sensor ?? tag;
    if (typeof machine !== "string" || typeof last !== "string" || last === "") return false;
    if (typeof value !== "number" || !Number.isFinite(value)) return false;
    if (seq !== undefined || unit !== undefined) return false;
    const written = ts !== undefined ? ts : timestamp !== undefined ? timestamp : time;
    const tMs = written === undefined ? NaN : typeof written === "number" ? epochMs(written) : null;
    if (tMs === null) return false;
    const place = this.#placeOf(machine, last);
    if (place < 0) return false;
    this.columns.add(place, value, tMs, index);
    return true;
  }

  #placeOf(machine: string, sensor: string): number {
    let own = this.#places.get(machine);
    if (own === undefined) this.#places.set(machine, own = new Map());
    let place = own.get(sensor);
    if (place === undefined) {
      const name = machine === "" ? sensor : `${machine}/${sensor}`;
      place = isPlainName(name) ? this.columns.names.push(name) - 1 : -1;
      own.set(sensor, place);
    }
    return place;
  }
}
