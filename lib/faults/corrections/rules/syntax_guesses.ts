/** What may be missing, too much or mistaken in a script that cannot be read. Pure. */
import { COMMON, EXCHANGES, KEYWORDS, NAMES, SIGNS } from "./keywords.ts";
import { distance } from "./near.ts";
import { blocksOpened, linesAdded } from "./line_guesses.ts";
import { type Guess, oddsOfAdded, oddsOfLeftOut, openOf, type Word } from "./odds.ts";
import { insert, type Unreadable } from "./tree.ts";

/** All guesses, the rarest kinds of fault first: what they change looks like nothing else. */
export function* guesses(source: string, unreadable: Unreadable): Iterable<Guess> {
  const words = wordsOf(source);
  const index = words.findIndex(({ end }) => end > unreadable.at);
  const here = index < 0 ? words.length : index;
  yield* signsOfPrint(source);
  yield* otherQuotes(source);
  yield* openTexts(source, unreadable);
  yield* oddQuotes(source, unreadable);
  yield* joinedNames(words);
  yield* keywords(words, here);
  yield* objectsOfArrows(source);
  yield* exchanged(words, here);
  yield* leftOut(source, words, here);
  yield* linesAdded(source, words);
  yield* blocksOpened(source, words);
  yield* added(source, words, here);
}

/** Names, numbers, texts and single signs, whatever is wrong with them. */
function wordsOf(source: string): Word[] {
  const pattern =
    /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|[\w$]+|=>|\?\.|\.\.\.|[=!<>+*/&|-]+|\S/g;
  return [...source.matchAll(pattern)]
    .filter(({ 0: text }) => !text.startsWith("//") && !text.startsWith("/*"))
    .map(({ 0: text, index }) => ({ start: index, end: index + text.length, text }));
}

/** Quotation marks and dashes as word processors write them. */
function* signsOfPrint(source: string): Iterable<Guess> {
  const plain: Record<string, string> = {
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "—": "-",
    "×": "*",
    "；": ";",
    "，": ",",
  };
  const edits = [...source.matchAll(/[“”„‘’–—×；，]/g)].map(({ 0: sign, index }) => ({
    from: index,
    to: index + 1,
    text: plain[sign],
  }));
  if (edits.length === 0) return;
  const text = "Signs as word processors write them are exchanged for those of a script";
  yield { edits, text, cost: 0 };
  const doubled = edits.map((edit) => ({
    ...edit,
    text: /['"]/.test(edit.text) ? '"' : edit.text,
  }));
  yield { edits: doubled, text, cost: 1 };
}

/** A text, template or comment that is not closed. */
function* openTexts(source: string, { message, at }: Unreadable): Iterable<Guess> {
  const name = /^Unterminated (string constant|template|comment|regular expression)/.exec(message)
    ?.[1];
  if (name === undefined) return;
  const close = name === "comment" ? "*/" : name === "regular expression" ? "/" : null;
  const lineEnd = (from: number) => {
    const end = source.indexOf("\n", from);
    return end < 0 ? source.length : end;
  };
  const quote = close ?? (name === "template" ? "`" : source[at] ?? '"');
  const start = name === "template" ? source.lastIndexOf("`", at) : at;
  const from = Math.max(0, start);
  const places = [...source.slice(from + 1, lineEnd(from)).matchAll(/[,)\]};:+\s]|$/g)];
  let cost = 0;
  for (const { index } of places) {
    yield {
      edits: [insert(from + 1 + index, quote)],
      text: name === "comment" ? "The comment is closed" : "The text is closed with its quote",
      cost: cost++ / 4 + (/\s/.test(source[from + index]) ? 2 : 0),
    };
  }
  // The one that was meant to close opened another.
  for (const word of wordsOf(source.slice(0, from)).slice(-4)) {
    if (!/^[\w$]+$/.test(word.text)) continue;
    yield {
      edits: [insert(word.start, quote)],
      text: "The text is opened with its quote",
      cost: 1,
    };
  }
}

/** A line with an odd number of quotes lacks one of them. */
function* oddQuotes(source: string, { at }: Unreadable): Iterable<Guess> {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  const end = (source + "\n").indexOf("\n", at);
  const line = source.slice(start, end);
  for (const quote of ['"', "'"]) {
    if (line.split(quote).length % 2 === 1) continue;
    for (const { index } of line.matchAll(/(?<=[[({,:=+\s])|(?=[\])},:;+\s])|$/g)) {
      const between = /\s/.test(line[index - 1] ?? "") && /\s/.test(line[index] ?? "");
      if (between) continue;
      yield {
        edits: [insert(start + index, quote)],
        text: `A quote is missing: ${quote}`,
        cost: 0.5,
      };
    }
  }
}

/** `parsebody)` was `parse(body)`: where more closes than opens, a name may hold the bracket that is missing. */
function* joinedNames(words: readonly Word[]): Iterable<Guess> {
  const open = openOf(words);
  const known = new Set([...words.map(({ text }) => text), ...COMMON]);
  for (const sign of ["(", "["]) {
    if (open[sign] >= 0) continue;
    for (const { text, start } of words) {
      if (!/^[A-Za-z_$]\w{3,}$/.test(text)) continue;
      for (let cut = 2; cut < text.length; cut++) {
        const [lead, rest] = [text.slice(0, cut), text.slice(cut)];
        const both = known.has(lead) && known.has(rest);
        if (!both && !(known.has(rest) && rest.length > 2) && !known.has(lead)) continue;
        yield {
          edits: [insert(start + cut, sign)],
          text: `${NAMES[sign]} is missing: ${sign}`,
          cost: both ? -1 : 1.2,
        };
      }
    }
  }
}

/** A text that is closed with another quote than it was opened with. */
function* otherQuotes(source: string): Iterable<Guess> {
  for (const found of source.matchAll(/(["'`])([^"'`\n]*)(["'`])(?=\s*[,\]}):;])/g)) {
    const [, open, inside, close] = found;
    if (open === close) continue;
    const at = found.index + 1 + inside.length;
    const text = "The text is closed with the quote that opened it";
    yield { edits: [{ from: at, to: at + 1, text: open }], text, cost: -1 };
  }
}

/** Of other languages. */
const FOREIGN: Record<string, string> = {
  def: "function",
  func: "function",
  fn: "function",
  and: "&&",
  or: "||",
  not: "!",
  elif: "else if",
  elsif: "else if",
  local: "let",
  nil: "null",
  None: "null",
  foreach: "for",
};

/** A word that is almost one of the language. */
function* keywords(words: readonly Word[], here: number): Iterable<Guess> {
  for (let i = Math.max(0, here - 8); i < Math.min(words.length, here + 4); i++) {
    const { text, start, end } = words[i];
    if (!/^[A-Za-z]+$/.test(text) || KEYWORDS.includes(text)) continue;
    const meant = KEYWORDS.filter((word) =>
      word.length > 2 && distance(word, text.toLowerCase()) <= (word.length > 4 ? 2 : 1)
    );
    if (FOREIGN[text] !== undefined) meant.push(FOREIGN[text]);
    for (const word of meant) {
      yield {
        edits: [{ from: start, to: end, text: word }],
        text: `"${text}" was meant to be "${word}"`,
        cost: distance(word, text) - 1,
      };
    }
  }
}

/** `=> { a: 1, b: 2 }` is a block; an object stands in parentheses. */
function* objectsOfArrows(source: string): Iterable<Guess> {
  for (const { 0: lead, index } of source.matchAll(/=>\s*(?=\{)/g)) {
    const open = index + lead.length;
    const close = closing(source, open);
    if (close === null) continue;
    yield {
      edits: [insert(open, "("), insert(close + 1, ")")],
      text: "An object that an arrow function answers with stands in parentheses",
      cost: 1,
    };
  }
}

function closing(source: string, open: number): number | null {
  let depth = 0;
  for (const { text, start } of wordsOf(source)) {
    if (start < open) continue;
    if (text === "{") depth++;
    if (text === "}" && --depth === 0) return start;
  }
  return null;
}

function* exchanged(words: readonly Word[], here: number): Iterable<Guess> {
  for (let i = Math.max(0, here - 12); i < Math.min(words.length, here + 6); i++) {
    for (const sign of EXCHANGES[words[i].text] ?? []) {
      yield {
        edits: [{ from: words[i].start, to: words[i].end, text: sign }],
        text: `"${words[i].text}" was meant to be "${sign}"`,
        cost: 2.5,
      };
    }
  }
}

function* leftOut(source: string, words: readonly Word[], here: number): Iterable<Guess> {
  const open = openOf(words);
  for (let i = Math.max(0, here - 8); i < Math.min(words.length, here + 4); i++) {
    const { text, start, end } = words[i];
    if (!/^[^\w$]+$/.test(text) && text !== words[i - 1]?.text) continue;
    const line = source.slice(
      source.lastIndexOf("\n", start - 1) + 1,
      (source + "\n").indexOf("\n", end),
    );
    yield {
      edits: [{ from: start, to: end, text: "" }],
      text: `"${text}" is left out: there is one too many`,
      cost: (line.trim() === text ? 2 : 3) + oddsOfLeftOut(open, text),
    };
  }
}

const BEHIND = 60;
const AHEAD = 4;

function* added(source: string, words: readonly Word[], here: number): Iterable<Guess> {
  const open = openOf(words);
  for (let step = 0; step <= BEHIND; step++) {
    const at = here - step;
    if (at < 0) break;
    yield* addedAt(source, words, open, at);
    if (step > 0 && step <= AHEAD) yield* addedAt(source, words, open, here + step);
  }
}

/** Behind the word before `at`. */
function* addedAt(
  source: string,
  words: readonly Word[],
  open: ReturnType<typeof openOf>,
  at: number,
): Iterable<Guess> {
  const before = words[at - 1];
  if (at > words.length) return;
  const place = before?.end ?? 0;
  // As the braces of the text are written.
  const brace = /\{ \S/.test(source) ? " }" : "}";
  for (const [i, sign] of SIGNS.entries()) {
    const places = /^["'`[({]$/.test(sign) ? [words[at]?.start ?? source.length] : [place];
    for (const one of places) {
      yield {
        edits: [
          words[at] !== undefined && closesBefore(source, sign, one, words[at])
            ? insert(words[at].start, sign)
            : insert(one, spaced(sign, brace)),
        ],
        text: `${NAMES[sign] ?? "A bracket"} is missing: ${sign}`,
        cost: i / 6 + oddsOfAdded(words, open, sign, at),
      };
    }
  }
}

/** A closing sign stands before what follows: `}` in its line, and any where that begins its own line. */
function closesBefore(source: string, sign: string, at: number, next: Word): boolean {
  const between = source.slice(at, next.start);
  if (sign === "}" && between === " ") return true;
  return /^[)\]}]$/.test(sign) && between.includes("\n") && /^[;,)\]}]$/.test(next.text);
}

function spaced(sign: string, brace: string): string {
  if (sign.startsWith("}")) return brace + sign.slice(1);
  return /^(=>|=|\+)$/.test(sign) ? ` ${sign}` : sign;
}
