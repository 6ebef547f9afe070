/**
 * How things are found by words, the same in lists, in the search and in pickers. Pure.
 *
 * A question and a text are cut into pieces: runs of letters, and numbers. Case, accents and what stands between
 * do not count, so that "Press 3", `press-3` and `press3` are the same. Every piece of the question must be in the
 * text: as a piece, as the beginning of one, or, of letters, within one. Where nothing fits, one wrong, missing,
 * superfluous or swapped letter in a word of four and more is forgiven.
 */

const PIECE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|\p{N}+(?:\.\p{N}+)*|\p{L}+/gu;
const FORGIVEN_FROM = 4;
/** What is asked, at most. */
const PIECES_MOST = 8;

/** The same for plain text, in a fifth of the time: what an installation has ten thousands of. */
const PLAIN_PIECE = /[0-9]+(?:\.[0-9]+)*|[a-z]+/g;
// deno-lint-ignore no-control-regex
const PLAIN = /^[\x00-\x7f]*$/;

/** Without case and accents. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  return PLAIN.test(lower) ? lower : lower.normalize("NFKD").replace(/\p{M}+/gu, "");
}

/** `Öl-Druck P3` → `ol`, `druck`, `p`, `3`; `oilLevel` → `oil`, `level`. */
export function piecesOf(text: string): string[] {
  const isPlain = PLAIN.test(text);
  const words = isPlain
    ? /[a-z][A-Z][a-z]/.test(text) ? text.replace(/([a-z])(?=[A-Z][a-z])/g, "$1 ") : text
    : text.replace(/(\p{Ll})(?=\p{Lu}\p{Ll})/gu, "$1 ");
  return folded(words).match(isPlain ? PLAIN_PIECE : PIECE) ?? [];
}

/** What was asked for. */
export interface Wanted {
  /**
   * How well a thing with these texts fits, the first of which it is called by: the smaller the better; null: not.
   */
  score(texts: readonly string[]): number | null;
}

/** Null: nothing was asked, everything fits. */
export function wantedBy(query: string, forgiving = false): Wanted | null {
  if (query.trim() === "") return null;
  const asked = [...new Set(piecesOf(query))].slice(0, PIECES_MOST);
  return {
    score(texts) {
      if (asked.length === 0) return null;
      const whole = folded(texts.join("\n"));
      if (!asked.every((piece) => mayHave(whole, piece, forgiving))) return null;
      const pieces = texts.map(piecesOf);
      let sum = 0;
      for (const piece of asked) {
        const best = Math.min(
          ...pieces.map((of, i) => rankIn(of, piece, forgiving) + (i === 0 ? 0 : 2)),
        );
        if (best === Infinity) return null;
        sum += best;
      }
      // Among equals, the one whose name has the least beside what was asked.
      return sum + Math.min(pieces[0].length, 50) / 100;
    },
  };
}

/** Those that fit, in their order; where none does, those that fit but for a letter. Nothing asked: all. */
export function matching<T>(
  items: readonly T[],
  query: string | undefined,
  textsOf: (item: T) => readonly string[],
): readonly T[] {
  for (const forgiving of [false, true]) {
    const wanted = wantedBy(query ?? "", forgiving);
    if (wanted === null) return items;
    const found = items.filter((item) => wanted.score(textsOf(item)) !== null);
    if (found.length > 0) return found;
  }
  return [];
}

/** Cheap, and true for whatever fits: most texts are done with after this. */
function mayHave(text: string, piece: string, forgiving: boolean): boolean {
  if (!forgiving || !isForgiven(piece)) return text.includes(piece);
  // One wrong letter, or two that are swapped, leave the first or the last part as it is.
  const half = Math.floor((piece.length - 1) / 2);
  return text.includes(piece.slice(0, half)) || text.includes(piece.slice(-half));
}

/** 0: it is there; 1: something begins with it; 3: something has it within; 4, 5: but for a letter. */
function rankIn(pieces: readonly string[], asked: string, forgiving: boolean): number {
  let best = Infinity;
  for (const piece of pieces) {
    if (piece === asked) return 0;
    if (piece.startsWith(asked)) best = Math.min(best, 1);
    else if (asked.length > 1 && isWord(asked) && piece.includes(asked)) best = Math.min(best, 3);
    else if (forgiving) best = Math.min(best, nearness(asked, piece));
  }
  return best;
}

/** 4: the same but for a letter; 5: it begins so; Infinity: neither, or too short to be forgiven one. */
export function nearness(asked: string, piece: string): number {
  // A digit is never forgiven: press 3 is not press 4.
  if (!isForgiven(asked) || /\p{N}/u.test(asked + piece)) return Infinity;
  return isNear(asked, piece) ? 4 : beginsNear(piece, asked) ? 5 : Infinity;
}

const isWord = (piece: string) => !/^\p{N}/u.test(piece);
const isForgiven = (piece: string) => piece.length >= FORGIVEN_FROM && isWord(piece);

function beginsNear(piece: string, asked: string): boolean {
  return [-1, 0, 1].some((more) => {
    const length = asked.length + more;
    return piece.length > length && isNear(asked, piece.slice(0, length));
  });
}

/** At most one letter differs, is missing or too much, or two neighbours are swapped. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (restA.length === restB.length) {
    return restA.slice(1) === restB.slice(1) ||
      (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2));
  }
  return restA.length > restB.length ? restA.slice(1) === restB : restA === restB.slice(1);
}
