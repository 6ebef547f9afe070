/** A register map as people have it: a table, a line for each value. */
import { messageOf } from "../../../../base/errors.ts";
import { numberOfCell, type Table, tableOf } from "../../../../base/table.ts";
import { nameFault } from "../../../../machines/names.ts";
import { type Area, AREAS, isBits, ORDERS, type Register, TYPES, wordsOf } from "./register.ts";

export const REGISTERS_MOST = 500;
const TEXT_WORDS_MOST = 64;
const ADDRESS_MOST = 65_535;

/** The columns that a map may have; the first two have to be there. */
export const COLUMNS = [
  ...["name", "address", "area", "type", "order", "bit", "words", "scale", "offset", "unit"],
  "none",
] as const;
type Column = typeof COLUMNS[number];

/** Shown where there is no map yet. */
export const EXAMPLE_MAP = `name,address,area,type,scale,unit
voltage,0,input,float32,,V
power,12,input,float32,,W
energy,342,input,float32,,kWh
`;

/** What manuals call the areas; the first digit of a five- or six-digit address says the same. */
const AREA_WORDS: Readonly<Record<string, Area>> = {
  ...Object.fromEntries(AREAS.map((area) => [area, area])),
  "holding register": "holding",
  "input register": "input",
  "discrete input": "discrete",
};
const BY_DIGIT: Readonly<Record<string, Area>> = {
  0: "coil",
  1: "discrete",
  3: "input",
  4: "holding",
};

/** A map, or the first thing that is wrong with it, with its line. */
export type ReadMap = { registers: Register[] } | { fault: string };

/**
 * Reads a register map. `firstAddress` is what the manual calls the first register: 0, or 1. Addresses of five or six
 * digits that begin with their area (`40013`, `300001`) always count from 1, as manuals write them.
 */
export function readRegisterMap(text: string, firstAddress: 0 | 1): ReadMap {
  let table: Table;
  try {
    table = tableOf(text);
  } catch (error) {
    return { fault: messageOf(error) };
  }
  const unknown = table.columns.find((one) => !(COLUMNS as readonly string[]).includes(one));
  if (unknown !== undefined) {
    return {
      fault: `there is no column "${unknown.slice(0, 40)}"; there are ${COLUMNS.join(", ")}`,
    };
  }
  for (const column of ["name", "address"]) {
    if (!table.columns.includes(column)) return { fault: `the column "${column}" is missing` };
  }
  if (table.rows.length === 0) return { fault: "there is no line below the header" };
  if (table.rows.length > REGISTERS_MOST) {
    return { fault: `${table.rows.length} lines; at most ${REGISTERS_MOST}` };
  }
  const registers: Register[] = [];
  const names = new Set<string>();
  for (const { line, cells } of table.rows) {
    const read = registerOf((column) => (cells[column] ?? "").trim(), table, firstAddress);
    if (typeof read === "string") return { fault: `line ${line}: ${read}` };
    if (names.has(read.name)) return { fault: `line ${line}: "${read.name}" is there twice` };
    names.add(read.name);
    registers.push(read);
  }
  return { registers };
}

/** One line; a sentence: what is wrong with it. */
function registerOf(
  cell: (column: Column) => string,
  { decimalComma }: Table,
  firstAddress: 0 | 1,
): Register | string {
  const number = (column: Column, preset: number): number | string => {
    if (cell(column) === "") return preset;
    return numberOfCell(cell(column), decimalComma) ??
      `${column}: "${cell(column).slice(0, 40)}" is not a number`;
  };
  const name = cell("name");
  const bad = name === "" ? "name: it is empty" : nameFault(`x/${name}`);
  if (bad !== null) return bad;
  if (name.includes("/")) return `name: "${name.slice(0, 40)}" has a /`;
  const place = placeOf(cell("address"), cell("area").toLowerCase(), firstAddress);
  if (typeof place === "string") return place;
  const type = cell("type").toLowerCase() || (isBits(place) ? "bool" : "uint16");
  if (!isOneOf(TYPES, type)) return notOneOf("type", type, TYPES);
  if (isBits(place) && type !== "bool") return `type: a ${place.area} is always bool`;
  const order = cell("order").toLowerCase() || "big";
  if (!isOneOf(ORDERS, order)) return notOneOf("order", order, ORDERS);
  const numbers = {
    bit: number("bit", 0),
    words: number("words", 0),
    scale: number("scale", 1),
    offset: number("offset", 0),
  };
  for (const one of Object.values(numbers)) if (typeof one === "string") return one;
  const { bit, words, scale, offset } = numbers as Record<keyof typeof numbers, number>;
  if (!isWhole(bit, 0, 15)) return `bit: ${bit}; allowed are 0 to 15`;
  if (type === "text" && !isWhole(words, 1, TEXT_WORDS_MOST)) {
    return `words: a text takes 1 to ${TEXT_WORDS_MOST} registers; say how many`;
  }
  if (scale === 0) return "scale: it must not be 0";
  const none = cell("none") === "" ? undefined : Number(cell("none"));
  if (Number.isNaN(none)) return `none: "${cell("none").slice(0, 40)}" is not a number`;
  const register: Register = { name, ...place, type, order, bit, words, scale, offset };
  if (cell("unit") !== "") register.unit = cell("unit").slice(0, 16);
  if (none !== undefined) register.none = none;
  const last = register.address + wordsOf(register) - 1;
  if (last > ADDRESS_MOST) return `address: it ends at ${last}; the last one is ${ADDRESS_MOST}`;
  return register;
}

/** Area and address on the wire; a sentence: what is wrong. */
function placeOf(
  address: string,
  word: string,
  firstAddress: 0 | 1,
): { area: Area; address: number } | string {
  if (word !== "" && !Object.hasOwn(AREA_WORDS, word)) return notOneOf("area", word, AREAS);
  const named = word === "" ? null : AREA_WORDS[word];
  const wrong = `address: "${address.slice(0, 40)}"; give a number from 0 to ${ADDRESS_MOST}, ` +
    "0x0010, or one as manuals write it, such as 40013";
  const long = /^([0134])(\d{4,5})$/.exec(address);
  if (long !== null && (named === null || named === BY_DIGIT[long[1]])) {
    const counted = Number(long[2]);
    return counted === 0 ? wrong : { area: BY_DIGIT[long[1]], address: counted - 1 };
  }
  if (!/^(\d{1,5}|0x[0-9a-f]{1,4})$/i.test(address)) return wrong;
  const wire = Number(address) - firstAddress;
  if (!isWhole(wire, 0, ADDRESS_MOST)) return wrong;
  return { area: named ?? "holding", address: wire };
}

const isWhole = (x: number, least: number, most: number) =>
  Number.isInteger(x) && x >= least && x <= most;

function isOneOf<T extends string>(list: readonly T[], text: string): text is T {
  return (list as readonly string[]).includes(text);
}

function notOneOf(column: Column, text: string, list: readonly string[]): string {
  return `${column}: "${text.slice(0, 40)}"; allowed are ${list.join(", ")}`;
}
