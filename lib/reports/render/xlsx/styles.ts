/** How cells look: a fixed list, whose places cells name. Pure. */
import { xmlText } from "./xml.ts";

const MOST_DECIMALS = 15;
const DECIMALS = Array.from({ length: MOST_DECIMALS + 1 }, (_, i) => i);
const DATE_TIME = "yyyy\\-mm\\-dd\\ hh:mm:ss", LENGTH = "[h]:mm:ss";
const fraction = (decimals: number) => decimals === 0 ? "0" : `0.${"0".repeat(decimals)}`;
/** Own formats have numbers from here on. */
const FIRST_FORMAT = 164;
const FORMATS = [
  DATE_TIME,
  LENGTH,
  ...DECIMALS.map(fraction),
  ...DECIMALS.map((decimals) => `${fraction(decimals)}%`),
];

interface Style {
  format?: string;
  font?: number;
  fill?: number;
  border?: number;
  wrap?: boolean;
  /** Stays text when somebody edits it. */
  quoted?: boolean;
}

const STYLES: readonly Style[] = [
  {},
  { font: 1 },
  { font: 2 },
  { font: 2, fill: 2, border: 1, wrap: true },
  { wrap: true },
  { wrap: true, quoted: true },
  { format: DATE_TIME },
  { format: LENGTH },
  ...DECIMALS.map((decimals) => ({ format: fraction(decimals) })),
  ...DECIMALS.map((decimals) => ({ format: `${fraction(decimals)}%` })),
];

export const PLAIN = 0, TITLE = 1, BOLD = 2, HEAD = 3, WRAPPED = 4, QUOTED = 5, TIME = 6;
export const DURATION = 7;

/** Of a number with so many decimals. */
export function numberStyle(decimals: number): number {
  return DURATION + 1 + Math.min(MOST_DECIMALS, Math.max(0, Math.trunc(decimals)));
}

/** Of a share. */
export function percentStyle(decimals: number): number {
  return numberStyle(decimals) + DECIMALS.length;
}

export function stylesXml(): string {
  const formats = FORMATS.map((code, i) =>
    `<numFmt numFmtId="${FIRST_FORMAT + i}" formatCode="${xmlText(code)}"/>`
  );
  const font = (size: number, bold: boolean) =>
    `<font>${bold ? "<b/>" : ""}<sz val="${size}"/><name val="Calibri"/><family val="2"/></font>`;
  const fill = (inner: string) => `<fill>${inner}</fill>`;
  const edges = "<left/><right/><top/>";
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n` +
    `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
    `<numFmts count="${formats.length}">${formats.join("")}</numFmts>` +
    `<fonts count="3">${font(11, false)}${font(16, true)}${font(11, true)}</fonts>` +
    `<fills count="3">${fill('<patternFill patternType="none"/>')}` +
    fill('<patternFill patternType="gray125"/>') +
    fill('<patternFill patternType="solid"><fgColor rgb="FFEDEDEA"/></patternFill>') +
    `</fills><borders count="2"><border>${edges}<bottom/><diagonal/></border><border>${edges}` +
    `<bottom style="thin"><color rgb="FF5F6670"/></bottom><diagonal/></border></borders>` +
    `<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
    `<cellXfs count="${STYLES.length}">${STYLES.map(styleXml).join("")}</cellXfs>` +
    `<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>` +
    `</styleSheet>`;
}

function styleXml({ format, font = 0, fill = 0, border = 0, wrap, quoted }: Style): string {
  const number = format === undefined ? 0 : FIRST_FORMAT + FORMATS.indexOf(format);
  const top = wrap ? '<alignment vertical="top" wrapText="1"/>' : '<alignment vertical="top"/>';
  return `<xf numFmtId="${number}" fontId="${font}" fillId="${fill}" borderId="${border}" ` +
    `xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" ` +
    `applyAlignment="1"${quoted ? ' quotePrefix="1"' : ""}>${top}</xf>`;
}
