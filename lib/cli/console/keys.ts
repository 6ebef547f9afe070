/** What a keyboard sends, as keys. */
export type Key =
  | { name: "text"; text: string }
  | {
    name:
      | "enter"
      | "escape"
      | "backspace"
      | "tab"
      | "up"
      | "down"
      | "page_up"
      | "page_down"
      | "end";
  };

const ESC = "\x1b";
/** CSI and SS3 sequences end with one of these; before it stand parameters. */
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])/;
// deno-lint-ignore no-control-regex
const BEGUN = /^\x1b(?:\[[0-?]*[ -/]*|O)?$/;
const KNOWN: Readonly<Record<string, Exclude<Key["name"], "text">>> = {
  "[A": "up",
  "OA": "up",
  "[B": "down",
  "OB": "down",
  "[5~": "page_up",
  "[6~": "page_down",
};

/**
 * Reads keys out of bytes as they come. A sequence may come in pieces: what is begun waits for `settle`, which is
 * called when nothing has come for a moment. Sequences of other keys are nothing.
 */
export function createKeyReader(): { push(bytes: Uint8Array): Key[]; settle(): Key[] } {
  const decoder = new TextDecoder();
  let rest = "";

  function read(all: boolean): Key[] {
    const keys: Key[] = [];
    while (rest !== "") {
      if (rest.startsWith(ESC)) {
        const sequence = SEQUENCE.exec(rest)?.[0];
        if (sequence !== undefined) {
          rest = rest.slice(sequence.length);
          const name = KNOWN[sequence.slice(1)];
          if (name !== undefined) keys.push({ name });
          continue;
        }
        if (!all && BEGUN.test(rest)) return keys;
        rest = rest.slice(1);
        keys.push({ name: "escape" });
        continue;
      }
      const char = String.fromCodePoint(rest.codePointAt(0)!);
      rest = rest.slice(char.length);
      const key = keyOf(char);
      if (key !== null) keys.push(key);
    }
    return keys;
  }

  return {
    push(bytes) {
      rest += decoder.decode(bytes, { stream: true });
      return read(false);
    },
    settle: () => read(true),
  };
}

function keyOf(char: string): Key | null {
  switch (char) {
    case "\r":
    case "\n":
      return { name: "enter" };
    case "\t":
      return { name: "tab" };
    case "\x7f":
    case "\b":
      return { name: "backspace" };
    case "\x03":
    case "\x04":
      return { name: "end" };
    default:
      return char < " " || (char >= "\x7f" && char < "\xa0") ? null : { name: "text", text: char };
  }
}
