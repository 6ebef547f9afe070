import type { Pool } from "./budget.ts";
import { type Names, rendered } from "./evaluate.ts";
import { parse } from "./parser.ts";
import { type Node, type Statement, Unsupported } from "./tree.ts";
import { Failure } from "./values.ts";

/** Longest template that is read. */
export const SOURCE_CHARS_MOST = 4_096;

/** What a template gives: a text, or why it gives none. */
export type Rendered = { text: string } | { failed: string };

/** A template, read once. `render` never throws and always ends. */
export interface Template {
  /** Null: it is known here. Otherwise what it holds that is not; it gives nothing then. */
  unsupported: string | null;
  /** Where in `value_json` the value stands, when the template is nothing else: `["a", "b"]`. */
  path: readonly (string | number)[] | null;
  /** Whether what it prints is a number in any case. */
  givesNumber: boolean;
  render(names: Names, pool?: Pool): Rendered;
}

const MARK = /\{[{%#]/;

/** Reads a template. Never throws. */
export function readTemplate(source: string): Template {
  try {
    if (source.length > SOURCE_CHARS_MOST) {
      throw new Unsupported(`it is longer than ${SOURCE_CHARS_MOST} characters`);
    }
    if (!MARK.test(source)) return constant(source.trim());
    const statements = parse(source);
    return {
      unsupported: null,
      path: pathOf(statements),
      givesNumber: statements.length === 1 && isNumeric(statements[0]),
      render: (names, pool) => attempt(statements, names, pool),
    };
  } catch (error) {
    return unsupported(error instanceof Unsupported ? error.message : "it cannot be read");
  }
}

function constant(text: string): Template {
  return { unsupported: null, path: null, givesNumber: false, render: () => ({ text }) };
}

function unsupported(why: string): Template {
  const failed = `unsupported template: ${why}`;
  return { unsupported: why, path: null, givesNumber: false, render: () => ({ failed }) };
}

function attempt(statements: readonly Statement[], names: Names, pool?: Pool): Rendered {
  try {
    return { text: rendered(statements, names, pool) };
  } catch (error) {
    return { failed: error instanceof Failure ? error.message : "the template cannot be used" };
  }
}

function pathOf(statements: readonly Statement[]): (string | number)[] | null {
  const [only, more] = statements;
  if (more !== undefined || only?.kind !== "print") return null;
  const path: (string | number)[] = [];
  let node: Node = only.value;
  while (node.kind !== "name") {
    if (node.kind === "attribute") path.push(node.name);
    else if (node.kind === "item" && node.key.kind === "constant") {
      const { value } = node.key;
      if (typeof value !== "string" && typeof value !== "number") return null;
      path.push(value);
    } else return null;
    node = node.of;
  }
  return node.name === "value_json" ? path.reverse() : null;
}

const NUMERIC_FILTERS: ReadonlySet<string> = new Set([
  ...["float", "int", "round", "abs", "multiply", "add", "length", "count", "sum"],
  ...["bitwise_and", "bitwise_or", "bitwise_xor"],
]);
const NUMERIC_OPERATORS: ReadonlySet<string> = new Set(["-", "*", "/", "//", "**"]);

function isNumeric(statement: Statement): boolean {
  return statement.kind === "print" && nodeIsNumeric(statement.value);
}

function nodeIsNumeric(node: Node): boolean {
  switch (node.kind) {
    case "filter":
      return NUMERIC_FILTERS.has(node.name);
    case "call":
      return node.name === "float" || node.name === "int";
    case "binary":
      return NUMERIC_OPERATORS.has(node.op) ||
        (node.op === "+" && (nodeIsNumeric(node.left) || nodeIsNumeric(node.right)));
    case "minus":
      return true;
    case "choice":
      return nodeIsNumeric(node.yes) && (node.no === null || nodeIsNumeric(node.no));
    default:
      return false;
  }
}
