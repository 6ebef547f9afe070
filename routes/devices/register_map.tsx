/** The register map of a Modbus device as a form: a row for each value. */
import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import {
  mapOfRows,
  type MapRow,
  rowsOfMap,
} from "../../lib/sources/polls/kinds/modbus/map_text.ts";
import { AREAS, ORDERS, TYPES } from "../../lib/sources/polls/kinds/modbus/register.ts";
import { COLUMNS, REGISTERS_MOST } from "../../lib/sources/polls/kinds/modbus/register_map.ts";
import { FormError, SeenField } from "../frame/form.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Answer, Crumbs } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { PAGE, PLACE, probeHref, type ProbePageParts } from "./probe_parts.tsx";

type Column = typeof COLUMNS[number];

const FORM_BYTES = 512 * 1024;
const EMPTY_ROWS = 5;
const fields = z.record(z.string().max(20), z.string().max(200));

const TITLES: Readonly<Record<Column, string>> = {
  name: "Name",
  address: "Address",
  area: "Area",
  type: "Type",
  order: "Byte order",
  bit: "Bit",
  words: "Registers",
  scale: "Scale",
  offset: "Offset",
  unit: "Unit",
  none: "No value",
};

const CHOICES: Readonly<Partial<Record<Column, readonly string[]>>> = {
  area: AREAS,
  type: TYPES,
  order: ORDERS,
};

/** What most registers need stands first: the last columns of a wide table are scrolled to. */
const SHOWN: readonly Column[] = [
  ...["name", "address", "area", "type", "order", "unit"] as const,
  ...["scale", "offset", "bit", "words", "none"] as const,
];

export const registerMapHref = (id: string) => `${probeHref(id)}/registers`;

/** `/probes/:id/registers`, for admins. */
export function registerMapPages(parts: ProbePageParts): Route[] {
  const path = `${PAGE}/:id/registers`;
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const draw = (context: RouteContext, sent: SentForm) => {
    const view = modbusAt(parts, idOf(context));
    const { first_address, registers } = view.options;
    const kept = rowsOfMap(String(registers ?? ""));
    const rows = Object.keys(sent.values).length === 0 ? kept : rowsOfForm(sent.values);
    return parts.frame.answer(context.c, context.who, {
      title: `Registers of ${view.name}`,
      place: PLACE,
      status: sent.status,
      content: (
        <>
          <Crumbs>
            <a href={PAGE}>Probes</a> / <a href={probeHref(view.id)}>{view.name}</a>
          </Crumbs>
          <Answer>
            {kept.length === 1 ? "1 value is read" : `${kept.length} values are read`}
          </Answer>
          <p class="muted">
            {`The first register is ${
              first_address ?? "0"
            }, as this device’s manual counts; addresses such as ` +
              "40013 say their area themselves. Empty rows are left out. The same as a table to copy or paste " +
              "stands on the page of the device."}
          </p>
          <FormError>{Object.values(sent.errors)[0]}</FormError>
          <MapForm action={registerMapHref(view.id)} rows={rows} />
        </>
      ),
    });
  };
  return [
    route({
      method: "get",
      path,
      policy: "admin",
      summary: null,
      params: z.object({ id: z.string().max(80) }),
      handler: (context) => draw(context, NOTHING_SENT),
    }),
    formAction(
      path,
      fields,
      async (values, context) => {
        const view = modbusAt(parts, idOf(context));
        const options = { ...view.options, registers: mapOfRows(rowsOfForm(values)) };
        await parts.polls.change(view.id, { options }, auditedBy(parts.audit, context));
        return registerMapHref(view.id);
      },
      draw,
      "admin",
      FORM_BYTES,
    ),
  ];
}

function modbusAt({ polls }: ProbePageParts, id: string) {
  const view = polls.find(id);
  if (view.kind === "modbus") return view;
  throw new PerchError("not_found", `${view.name} has no register map`);
}

/** Inputs are called `r3.scale`. */
function rowsOfForm(values: Readonly<Record<string, string>>): MapRow[] {
  const rows: MapRow[] = [];
  for (let i = 0; i <= REGISTERS_MOST + EMPTY_ROWS && values[`r${i}.name`] !== undefined; i++) {
    rows.push(
      Object.fromEntries(
        COLUMNS.map((column) => [column, values[`r${i}.${column}`] ?? ""]),
      ) as MapRow,
    );
  }
  return rows;
}

const NO_ROW = Object.fromEntries(COLUMNS.map((column) => [column, ""])) as MapRow;

function MapForm({ action, rows }: { action: string; rows: readonly MapRow[] }): VNode {
  const filled = rows.filter(({ name, address }) => name !== "" || address !== "");
  const all = [...filled, ...Array.from({ length: EMPTY_ROWS }, () => NO_ROW)];
  return (
    <form method="post" action={action} class="register-map-form">
      <SeenField />
      <div class="scroll" role="region" aria-label="Register map" tabIndex={0}>
        <table class="register-map">
          <thead>
            <tr>{SHOWN.map((column) => <th key={column} scope="col">{TITLES[column]}</th>)}</tr>
          </thead>
          <tbody>
            {all.map((row, i) => (
              <tr key={i}>
                {SHOWN.map((column) => (
                  <td key={column}>
                    <Cell
                      name={`r${i}.${column}`}
                      label={`${TITLES[column]} of row ${i + 1}`}
                      value={row[column]}
                      choices={CHOICES[column]}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="submit" class="primary">Save the registers</button>
    </form>
  );
}

function Cell(
  { name, label, value, choices }: {
    name: string;
    label: string;
    value: string;
    choices?: readonly string[];
  },
): VNode {
  if (choices === undefined) {
    return <input type="text" autocomplete="off" name={name} aria-label={label} value={value} />;
  }
  return (
    <select name={name} aria-label={label}>
      <option value="" selected={value === ""}>usual</option>
      {choices.map((choice) => (
        <option key={choice} value={choice} selected={choice === value.toLowerCase()}>
          {choice}
        </option>
      ))}
    </select>
  );
}
