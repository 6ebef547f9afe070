/** What becomes of each series of a file, as a table that can be changed. */
import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import type { ImportPreview, MappedSeries } from "../../lib/transfer/import/imports.ts";
import { BarePicker } from "../frame/picker.tsx";
import { Table } from "../frame/parts.tsx";
import type { Texts } from "./import_options.tsx";

/** Rows of the table; what has more is filtered first, or mapped by the command. */
export const ROWS_MOST = 200;

/** A series and what becomes of it. */
export interface SeriesRow {
  key: string;
  sensor: string;
  unit: string | null;
  isNew: boolean;
  problem: string | null;
}

/** The series that are shown: those that hold the text, all below one machine where that is given. */
export function rowsOf(
  { mapping }: ImportPreview,
  { q = "", machine = "" }: { q?: string; machine?: string },
): SeriesRow[] {
  const wanted = q.trim().toLowerCase();
  const below = machine.trim().replace(/^\/+|\/+$/g, "");
  return mapping
    .filter(({ key, sensor }) => `${key} ${sensor}`.toLowerCase().includes(wanted))
    .map((row) => {
      if (below === "") return row;
      return { ...row, sensor: `${below}/${row.sensor.split("/").at(-1)}` };
    });
}

/** What a sent form says of its rows. @throws PerchError `validation` for a sensor without a name */
export function mappingOf(texts: Texts): MappedSeries[] {
  const mapping: MappedSeries[] = [];
  for (let n = 0; n < ROWS_MOST && texts[`key-${n}`] !== undefined; n++) {
    const key = texts[`key-${n}`];
    const sensor = texts[`sensor-${n}`]?.trim() ?? "";
    if (texts[`skip-${n}`] !== undefined) {
      mapping.push({ key, sensor: null });
    } else if (sensor === "" || sensor.length > 200) {
      const message = "Name a sensor, machine/sensor, or leave the series out.";
      throw new PerchError("validation", message, { errors: [{ path: `sensor-${n}`, message }] });
    } else mapping.push({ key, sensor, unit: texts[`unit-${n}`]?.trim().slice(0, 40) || null });
  }
  return mapping;
}

export function MappingTable(
  { rows, values, errors }: {
    rows: readonly SeriesRow[];
    /** As they were sent; empty: as suggested. */
    values: Texts;
    errors: Texts;
  },
): VNode {
  const wasSent = values["key-0"] !== undefined;
  return (
    <>
      <div class="series-map">
        <Table label="Series">
          <thead>
            <tr>
              <th scope="col" class="text">Series</th>
              <th scope="col" class="text">Becomes the sensor</th>
              <th scope="col" class="text">Unit in the file</th>
              <th scope="col" class="text">Leave out</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_MOST).map((row, n) => (
              <Row
                key={row.key}
                n={n}
                row={wasSent
                  ? {
                    ...row,
                    sensor: values[`sensor-${n}`] ?? row.sensor,
                    unit: values[`unit-${n}`] ?? row.unit,
                  }
                  : row}
                skipped={values[`skip-${n}`] !== undefined}
                error={errors[`sensor-${n}`] ?? errors[`mapping.${n}.sensor`] ??
                  errors[`mapping.${n}.unit`] ?? errors[`mapping.${n}`]}
              />
            ))}
          </tbody>
        </Table>
      </div>
    </>
  );
}

function Row(
  { n, row: { key, sensor, unit, isNew, problem }, skipped, error = problem ?? undefined }: {
    n: number;
    row: SeriesRow;
    skipped: boolean;
    error: string | undefined;
  },
): VNode {
  const about = `sensor-${n}-about`;
  return (
    <tr>
      <th scope="row" class="text series">
        {key}
        <input type="hidden" name={`key-${n}`} value={key} />
      </th>
      <td class="text">
        <BarePicker
          kinds={["sensor"]}
          name={`sensor-${n}`}
          label={`Sensor of ${key}`}
          value={sensor}
          about={about}
          invalid={error !== undefined}
        />
        <p id={about} class={error ? "error" : "help"}>
          {error ?? (isNew ? "a new sensor" : "there already")}
        </p>
      </td>
      <td class="text">
        <input
          name={`unit-${n}`}
          value={unit ?? ""}
          maxLength={40}
          class="short"
          autocomplete="off"
          aria-label={`Unit of ${key}`}
        />
      </td>
      <td class="text">
        <label>
          <input type="checkbox" name={`skip-${n}`} value="yes" checked={skipped} />
          <span class="hidden">{`Leave out ${key}`}</span>
        </label>
      </td>
    </tr>
  );
}
