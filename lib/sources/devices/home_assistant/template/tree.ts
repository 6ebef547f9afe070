import type { Value } from "./values.ts";

/** The template holds what is not known here: its sensor gets no value from it. */
export class Unsupported extends Error {}

export type Binary = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "~";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface Args {
  positional: Node[];
  named: [string, Node][];
}

/** An expression. `depth`: how deep the tree is below it. */
export type Node = { depth: number } & Expression;
export type Expression =
  | { kind: "constant"; value: Value }
  | { kind: "name"; name: string }
  | { kind: "list"; items: Node[] }
  | { kind: "dict"; entries: [Node, Node][] }
  | { kind: "attribute"; of: Node; name: string }
  | { kind: "item"; of: Node; key: Node }
  | { kind: "slice"; of: Node; from: Node | null; to: Node | null; step: Node | null }
  | { kind: "method"; of: Node; name: string; args: Args }
  | { kind: "call"; name: string; args: Args }
  | { kind: "filter"; of: Node; name: string; args: Args }
  | { kind: "test"; of: Node; name: string; not: boolean; args: Args }
  | { kind: "minus" | "plus" | "not"; of: Node }
  | { kind: "binary"; op: Binary; left: Node; right: Node }
  | { kind: "compare"; first: Node; rest: [Comparison, Node][] }
  | { kind: "and" | "or"; left: Node; right: Node }
  | { kind: "choice"; test: Node; yes: Node; no: Node | null };

export type Statement =
  | { kind: "text"; text: string }
  | { kind: "print"; value: Node }
  | { kind: "set"; name: string; value: Node }
  | { kind: "if"; branches: { test: Node | null; body: Statement[] }[] };

/** Deepest tree that is evaluated. */
export const DEPTH_MOST = 100;

/** An expression with the depth of its tree. @throws Unsupported */
export function node(expression: Expression, ...below: readonly (Node | null)[]): Node {
  let depth = 1;
  for (const one of below) if (one !== null && one.depth >= depth) depth = one.depth + 1;
  if (depth > DEPTH_MOST) throw new Unsupported("it is nested too deeply");
  return { ...expression, depth };
}

export function argsOf({ positional, named }: Args): Node[] {
  return [...positional, ...named.map(([, value]) => value)];
}
