/** Texts in the XML of a workbook. Pure. */

/** What XML cannot hold: control characters, halves of letters, and what is no letter. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
/** A workbook reads this as a letter by its number. */
const ESCAPE = /_(?=x[0-9a-f]{4}_)/gi;

/** As content or attribute. */
export function xmlText(text: string): string {
  return text.replace(FORBIDDEN, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** As the text of a cell. */
export function cellXml(text: string): string {
  return xmlText(text.replace(ESCAPE, "_x005F_"));
}
