/** How a file is read, as fields of a form: what was detected, and what has to be asked. */
import type { VNode } from "preact";
import type { ImportColumn, ImportOptions } from "../../lib/transfer/import/format.ts";
import type { ImportPreview } from "../../lib/transfer/import/imports.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { Table } from "../frame/parts.tsx";

export type Texts = Record<string, string>;

const PRECISIONS = [
  ["", "Choose"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
] as const;
const DELIMITERS = [
  ["", "Choose"],
  [",", "comma"],
  [";", "semicolon"],
  ["tab", "tab"],
] as const;
const DECIMALS = [["", "Choose"], ["point", "point: 20.5"], ["comma", "comma: 20,5"]] as const;
const DATES = [
  ["", "Choose"],
  ["day", "day first: 25/02/2026"],
  ["month", "month first: 02/25/2026"],
] as const;
const ROLES = [
  ["time", "time"],
  ["value", "values"],
  ["sensor", "name of the sensor"],
  ["unit", "unit"],
  ["skip", "left out"],
] as const;
const KINDS = [["number", "numbers"], ["binary", "on and off"], ["text", "texts"]] as const;
/** Columns that the form shows; others stay as they were found. */
const COLUMNS_MOST = 60;

/** The options that a form or an address holds; what is empty is found by Perch. */
export function optionsOfTexts(texts: Texts): ImportOptions {
  const columns = columnsOf(texts);
  const given = {
    precision: oneOf(["ns", "us", "ms", "s"], texts.precision),
    zone: texts.zone?.trim() || undefined,
    delimiter: oneOf([",", ";", "\t"], texts.delimiter === "tab" ? "\t" : texts.delimiter),
    decimalComma: yesOf(texts.decimal, "comma", "point"),
    dayFirst: yesOf(texts.dates, "day", "month"),
    csvFormat: texts.csv_format?.trim() || undefined,
    columns: columns.length === 0 ? undefined : columns,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function columnsOf(texts: Texts): ImportColumn[] {
  const found: ImportColumn[] = [];
  for (const [name, role] of Object.entries(texts)) {
    const index = /^role-(\d{1,4})$/.exec(name)?.[1];
    const known = ROLES.find(([one]) => one === role)?.[0];
    if (index === undefined || known === undefined) continue;
    const kind = oneOf(["number", "binary", "text"], texts[`kind-${index}`]);
    const column = texts[`column-${index}`]?.trim().slice(0, 200);
    found.push({
      ...{ index: Number(index), role: known },
      ...(column ? { name: column } : {}),
      ...(kind === undefined ? {} : { kind }),
    });
  }
  return found.sort((a, b) => a.index - b.index);
}

function oneOf<T extends string>(all: readonly T[], text: string | undefined): T | undefined {
  return all.find((one) => one === text);
}

function yesOf(text: string | undefined, yes: string, no: string): boolean | undefined {
  return text === yes ? true : text === no ? false : undefined;
}

/** Fields for what this file leaves open; `errors` by the option's name. */
export function OptionFields(
  { preview, errors, zones }: { preview: ImportPreview; errors: Texts; zones: readonly string[] },
): VNode {
  const { options, questions } = preview;
  const asked = new Map(questions.map(({ field, message }) => [field, message]));
  const isOpen = (field: keyof ImportOptions) => options[field] !== undefined || asked.has(field);
  const error = (field: keyof ImportOptions) => errors[field] ?? asked.get(field);
  return (
    <>
      {isOpen("zone") && (
        <Field
          name="zone"
          label="Time zone of times that name none"
          help="Where the file was written, such as Europe/Berlin."
          value={options.zone}
          error={error("zone")}
          list="zones"
          autocomplete="off"
          required={false}
        />
      )}
      {isOpen("zone") && (
        <datalist id="zones">{zones.map((zone) => <option key={zone} value={zone} />)}</datalist>
      )}
      {isOpen("precision") && (
        <Select
          name="precision"
          label="Times count"
          options={PRECISIONS}
          value={options.precision ?? ""}
          error={error("precision")}
        />
      )}
      {isOpen("dayFirst") && (
        <Select
          name="dates"
          label="Dates are written"
          options={DATES}
          value={choiceOf(options.dayFirst, "day", "month")}
          error={error("dayFirst")}
        />
      )}
      {isOpen("delimiter") && (
        <Select
          name="delimiter"
          label="Columns are separated by"
          options={DELIMITERS}
          value={options.delimiter === "\t" ? "tab" : options.delimiter ?? ""}
          error={error("delimiter")}
        />
      )}
      {isOpen("decimalComma") && (
        <Select
          name="decimal"
          label="Decimal mark"
          options={DECIMALS}
          value={choiceOf(options.decimalComma, "comma", "point")}
          error={error("decimalComma")}
        />
      )}
      {isOpen("csvFormat") && (
        <Field
          name="csv_format"
          label="Format that VictoriaMetrics was asked for"
          help="As in the address of the export: __name__,zone,__value__,__timestamp__:unix_s"
          value={options.csvFormat}
          error={error("csvFormat")}
          autocomplete="off"
          required={false}
        />
      )}
      {isOpen("columns") && <Columns columns={options.columns ?? []} error={error("columns")} />}
    </>
  );
}

function choiceOf(value: boolean | undefined, yes: string, no: string): string {
  return value === undefined ? "" : value ? yes : no;
}

function Columns(
  { columns, error }: { columns: readonly ImportColumn[]; error: string | undefined },
): VNode {
  const shown = columns.slice(0, COLUMNS_MOST);
  return (
    <>
      <FormError>{error}</FormError>
      {shown.length > 0 && (
        <div class="columns-map">
          <Table label="Columns">
            <thead>
              <tr>
                <th scope="col" class="text">Column</th>
                <th scope="col" class="text">Is</th>
                <th scope="col" class="text">Called</th>
                <th scope="col" class="text">Has</th>
              </tr>
            </thead>
            <tbody>{shown.map((column) => <Column key={column.index} column={column} />)}</tbody>
          </Table>
        </div>
      )}
      {columns.length > shown.length && (
        <p class="muted">{`${columns.length - shown.length} more are read as they were found.`}</p>
      )}
    </>
  );
}

function Column({ column: { index, role, name, kind } }: { column: ImportColumn }): VNode {
  const nth = `column ${index + 1}`;
  return (
    <tr>
      <th scope="row" class="text">{index + 1}</th>
      <td class="text">
        <Choice
          name={`role-${index}`}
          label={`What ${nth} is`}
          options={ROLES}
          value={role}
        />
      </td>
      <td class="text">
        <input
          name={`column-${index}`}
          value={name}
          maxLength={200}
          aria-label={`Name of ${nth}`}
          autocomplete="off"
        />
      </td>
      <td class="text">
        {role === "value" && (
          <Choice
            name={`kind-${index}`}
            label={`What ${nth} has`}
            options={KINDS}
            value={kind ?? "number"}
          />
        )}
      </td>
    </tr>
  );
}

function Choice(
  { name, label, options, value }: {
    name: string;
    label: string;
    options: readonly (readonly [string, string])[];
    value: string;
  },
): VNode {
  return (
    <select name={name} aria-label={label}>
      {options.map(([one, text]) => (
        <option key={one} value={one} selected={one === value}>{text}</option>
      ))}
    </select>
  );
}
