import assert from "node:assert/strict";
import fc from "fast-check";
import { createPane } from "./pane.ts";

const COLUMNS = 20;
const ROWS = 8;

/** As much of a terminal as the pane uses: lines wrap, the screen scrolls, and what has left it stays known. */
function createScreen() {
  const gone: string[] = [];
  let rows: string[] = [""];
  let at = { row: 0, column: 0 };
  let wraps = true;
  const down = () => {
    at.row++;
    if (at.row === rows.length) rows.push("");
    if (rows.length <= ROWS) return;
    gone.push(rows.shift()!);
    at.row--;
  };
  const put = (char: string) => {
    if (at.column === COLUMNS) {
      if (wraps) {
        at.column = 0;
        down();
      } else at.column--;
    }
    rows[at.row] = rows[at.row].padEnd(at.column).slice(0, at.column) + char +
      rows[at.row].slice(at.column + 1);
    at.column++;
  };
  const sequence = (text: string) => {
    // deno-lint-ignore no-control-regex
    const [, number, end] = /^\x1b\[\??(\d*)([A-Za-z])$/.exec(text)!;
    if (end === "A") at.row = Math.max(0, at.row - Number(number));
    else if (end === "J" && number === "2") rows = rows.map(() => "");
    else if (end === "J") rows = [...rows.slice(0, at.row), rows[at.row].slice(0, at.column)];
    else if (end === "K") rows[at.row] = "";
    else if (end === "H") at = { row: 0, column: 0 };
    else if (number === "7") wraps = end === "h";
    else throw new Error(`not known: ${JSON.stringify(text)}`);
  };
  return {
    write(text: string) {
      // deno-lint-ignore no-control-regex
      for (const [one] of text.matchAll(/\x1b\[\??\d*[A-Za-z]|[^]/gu)) {
        if (one === "\r") at.column = 0;
        else if (one === "\n") down();
        else if (one.length > 1 && one.startsWith("\x1b")) sequence(one);
        else put(one);
      }
    },
    all: () => [...gone, ...rows],
  };
}

const line = fc.string({ unit: fc.constantFrom("a", "b", " ", "-"), maxLength: COLUMNS - 1 });
const step = fc.oneof(
  fc.array(line, { minLength: 1, maxLength: ROWS - 1 }).map((lines) => ({ show: lines })),
  fc.integer({ min: 0, max: 45 }).map((length) => ({ log: length })),
  fc.constant({ clear: true }),
);

Deno.test("pane: its lines stand at the bottom and the log above, each line once and whole", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
    const screen = createScreen();
    const size = () => ({ columns: COLUMNS, rows: ROWS });
    const pane = createPane({ write: screen.write, isDumb: false, size });
    let shown: string[] = [];
    const logged: string[] = [];
    for (const [i, one] of steps.entries()) {
      if ("show" in one) pane.show(shown = one.show);
      else if ("log" in one) {
        const text = `${String(i).padStart(2, "0")}:${"x".repeat(one.log)}`;
        for (let at = 0; at < text.length; at += COLUMNS) {
          logged.push(text.slice(at, at + COLUMNS));
        }
        pane.above(text);
      } else {
        pane.clear();
        shown = [];
      }
      const want = [...logged, ...shown].map((text) => text.trimEnd());
      const have = screen.all().map((text) => text.trimEnd());
      assert.deepEqual(have.slice(0, want.length), want);
      assert.ok(have.slice(want.length).every((text) => text === ""));
    }
  }));
});

Deno.test("pane: a terminal that moves no cursor is written to line by line, once for each change", () => {
  let written = "";
  const size = () => ({ columns: COLUMNS, rows: ROWS });
  const pane = createPane({ write: (text) => written += text, isDumb: true, size });
  pane.show(["Time 15:00 UTC, 1 s ago", "keys"]);
  pane.show(["Time 15:00 UTC, 2 s ago", "keys"]);
  pane.above("a log line");
  pane.show(["other"]);
  assert.ok(!written.includes("\x1b"), JSON.stringify(written));
  assert.equal(written, "\r\nTime 15:00 UTC, 1 s ago\r\nkeys\r\na log line\r\n\r\nother\r\n");
});
