/** Names of sheets, and texts that a workbook can hold. Pure. */

const MOST_LETTERS = 31;
/** What a name may not hold. */
const FORBIDDEN = /[[\]:*?/\\\p{Cc}]/gu;
/** What XML cannot hold: control characters, halves of letters, and what is no letter. */
const UNHELD = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Hands out names: legal, and each once, whatever their case. */
export function createSheetNames(): (wanted: string) => string {
  // Excel keeps this name for itself.
  const taken = new Set(["history"]);
  return (wanted) => {
    const cleaned = held(wanted.replace(FORBIDDEN, " ")).replace(/\s+/g, " ")
      .replace(/^['\s]+/, "");
    const plain = cleaned === "" ? "Sheet" : cleaned;
    for (let i = 1;; i++) {
      const end = i === 1 ? "" : ` (${i})`;
      const name = cut(plain, MOST_LETTERS - end.length).replace(/['\s]+$/, "") + end;
      if (name === "" || taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return name;
    }
  };
}

/** Without what no workbook can hold. */
export function held(text: string): string {
  return text.replace(UNHELD, "");
}

/** To so many units of UTF-16, without half a letter. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = /[\ud800-\udbff]/.test(text[most - 1]);
  return text.slice(0, half ? most - 1 : most);
}
