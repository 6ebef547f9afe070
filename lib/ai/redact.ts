/** Takes out of texts what must not leave Perch: keys, tokens, passwords, mails, addresses, and names where wanted. */

/** What was taken out of one question, so that it can be put back into its answer. */
export interface Redaction {
  hide(text: string): string;
  /** The texts in an answer, as they were before `hide`; without `all` names alone. */
  restore(text: string, all: boolean): string;
}

/** What a secret is called. */
const NAMED =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credential)s?[\"'`]?";

/** What a text is searched for, in this order. Nothing in them looks far: the text may be a script of 64 kB. */
const PATTERNS = ([
  {
    kind: "key",
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,60}-----|$)/g,
  },
  { kind: "key", pattern: /\beyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{0,1000})?/g },
  {
    kind: "key",
    pattern:
      /\b(?:AIza[\w-]{20,}|sk-[\w-]{16,}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{12,}|perch_[\w-]{16,}|glpat-[\w-]{16,})/g,
  },
  { kind: "key", pattern: /(?<=\b(?:bearer|basic)\s{1,5})[\w.~+/=-]{8,}/gi },
  // `"password": "…"`
  {
    kind: "secret",
    pattern: /(?<=NAMED\s{0,5}[:=]\s{0,5}(?<quote>["'`]))[^\n"'`]{4,400}(?=\k<quote>)/gi,
  },
  // `password=…`; in scripts that is a variable.
  {
    kind: "secret",
    inCode: false,
    pattern: /(?<=NAMED\s{0,5}[:=]\s{0,5})(?!\[|bearer\s|basic\s)[^\s"'`,;&)}\]]{4,}/gi,
  },
  // User and password of an address.
  { kind: "secret", pattern: /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'`]+(?=@)/gi },
  { kind: "mail", pattern: /[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g },
  {
    kind: "address",
    pattern:
      /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/g,
  },
  {
    kind: "address",
    pattern:
      /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|(?:[0-9a-f]{1,4}:){2,7}:)(?![\w:])/gi,
  },
  { kind: "address", pattern: /\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/gi },
  // Long random text: hashes, sessions, keys of other makers.
  {
    kind: "key",
    pattern: /\b(?=[A-Za-z0-9_-]{0,64}\d)(?=[A-Za-z0-9_-]{0,64}[A-Za-z])[A-Za-z0-9_-]{32,}\b/g,
  },
] as { kind: string; pattern: RegExp; inCode?: false }[]).map(({ pattern, ...rest }) => ({
  ...rest,
  pattern: new RegExp(pattern.source.replace("NAMED", NAMED), pattern.flags),
}));

/** `names` are hidden too, the longest first; each gets the same mark wherever it stands. */
export function createRedaction(
  names: Iterable<string> = [],
  { code = false }: { code?: boolean } = {},
): Redaction {
  const marks = new Map<string, string>();
  const texts = new Map<string, string>();
  const counts = new Map<string, number>();
  const hidden = [...new Set(names)].filter((name) => name.length > 1)
    .sort((a, b) => b.length - a.length);

  function mark(kind: string, text: string): string {
    const before = marks.get(text);
    if (before !== undefined) return before;
    const n = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, n);
    const made = `[${kind}-${n}]`;
    marks.set(text, made);
    texts.set(made, text);
    return made;
  }

  return {
    hide(text) {
      let out = text;
      for (const { kind, pattern, inCode } of PATTERNS) {
        if (code && inCode === false) continue;
        out = out.replaceAll(pattern, (found) => mark(kind, found));
      }
      for (const name of hidden) {
        if (out.includes(name)) out = out.replaceAll(name, () => mark("name", name));
      }
      return out;
    },
    restore: (text, all) =>
      text.replaceAll(
        /\[([a-z]+)-\d+\]/g,
        (made, kind) => all || kind === "name" ? texts.get(made) ?? made : made,
      ),
  };
}
