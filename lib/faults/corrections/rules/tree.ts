/** A script as a syntax tree, and how its text is changed. Pure. */
import { type AnyNode, parse, type Program } from "acorn";

/** A node with what it stands in. */
export interface Found<N extends AnyNode = AnyNode> {
  node: N;
  parent: Found | null;
}

export interface Tree {
  source: string;
  program: Program;
  /** Every node, in the order of the text. */
  nodes: readonly Found[];
}

/** Where a text is no script any more. */
export interface Unreadable {
  message: string;
  at: number;
}

export type NodeOf<T extends AnyNode["type"]> = Extract<AnyNode, { type: T }>;
export type FunctionNode = NodeOf<
  "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression"
>;

/** Reads a script. */
export function read(source: string): Tree | Unreadable {
  const program = programOf(source);
  if ("at" in program) return program;
  const nodes: Found[] = [];
  collect(program, null, nodes);
  return { source, program, nodes };
}

/** Whether it is a script at all, for less than `read`. */
export function programOf(source: string): Program | Unreadable {
  try {
    return parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true });
  } catch (error) {
    const { message, pos } = error as { message: string; pos?: number };
    return { message, at: pos ?? 0 };
  }
}

function collect(node: AnyNode, parent: Found | null, into: Found[]): void {
  const found = { node, parent };
  into.push(found);
  for (const [key, value] of Object.entries(node)) {
    if (key === "loc") continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) collect(child, found, into);
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** All nodes of a type. */
export function all<T extends AnyNode["type"]>(
  tree: Tree,
  ...types: T[]
): Found<NodeOf<T>>[] {
  const wanted = new Set<string>(types);
  return tree.nodes.filter((found): found is Found<NodeOf<T>> => wanted.has(found.node.type));
}

export function textOf(tree: Tree, node: AnyNode): string {
  return tree.source.slice(node.start, node.end);
}

/** From 1. */
export function lineOf(node: AnyNode): number {
  return node.loc!.start.line;
}

/** Those next to a line first; without a line, as they stand. */
export function nearest<N extends AnyNode>(found: Found<N>[], line: number | null): Found<N>[] {
  if (line === null) return found;
  const far = ({ node: { loc } }: Found) =>
    line < loc!.start.line ? loc!.start.line - line : Math.max(0, line - loc!.end.line);
  const size = ({ node }: Found) => node.end - node.start;
  return found.map((one, i) => ({ one, i, far: far(one), size: size(one) }))
    .sort((a, b) => a.far - b.far || a.size - b.size || a.i - b.i)
    .map(({ one }) => one);
}

const BLOCKS = new Set(["BlockStatement", "Program", "SwitchCase", "StaticBlock"]);

/** The statement of a block in which it stands, within its own function; null: there is none. */
export function statementAround(found: Found): Found | null {
  let at: Found = found;
  while (at.parent !== null) {
    if (BLOCKS.has(at.parent.node.type)) return at;
    if (isFunction(at.node)) return null;
    at = at.parent;
  }
  return null;
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** The function in which it stands, not itself; null: it stands outside of all. */
export function functionAround(found: Found): Found<FunctionNode> | null {
  for (let at = found.parent; at !== null; at = at.parent) {
    if (isFunction(at.node)) return at as Found<FunctionNode>;
  }
  return null;
}

const LOOPS = /^(For|ForOf|ForIn|While|DoWhile)Statement$/;

/** The body of a loop in which a statement stands, within its own function. */
export function isInLoop(statement: Found): boolean {
  for (let at: Found | null = statement; at !== null && !isFunction(at.node); at = at.parent) {
    const { parent } = at;
    if (
      parent !== null && LOOPS.test(parent.node.type) &&
      (parent.node as { body?: AnyNode }).body === at.node
    ) return true;
  }
  return false;
}

/** The name of a declared function or of the variable that holds it; null: it has none. */
export function nameOf(found: Found<FunctionNode>): string | null {
  const { node, parent } = found;
  if (node.type !== "ArrowFunctionExpression" && node.id) return node.id.name;
  const around = parent?.node;
  return around?.type === "VariableDeclarator" && around.id.type === "Identifier"
    ? around.id.name
    : null;
}

export interface Edit {
  from: number;
  to: number;
  text: string;
}

/** The text with parts of it replaced; the parts do not overlap. */
export function edited(source: string, edits: readonly Edit[]): string {
  const inOrder = edits.toSorted((a, b) => a.from - b.from);
  let out = "";
  let at = 0;
  for (const { from, to, text } of inOrder) {
    out += source.slice(at, from) + text;
    at = to;
  }
  return out + source.slice(at);
}

export const insert = (at: number, text: string): Edit => ({ from: at, to: at, text });
export const replace = (node: { start: number; end: number }, text: string): Edit => ({
  from: node.start,
  to: node.end,
  text,
});

/** The white space with which the line of a place begins. */
export function indentAt(source: string, at: number): string {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(source.slice(start, at))![0];
}

/** Lines before a statement, with its indentation. */
export function linesBefore(source: string, node: AnyNode, lines: readonly string[]): Edit {
  const indent = indentAt(source, node.start);
  return insert(node.start, lines.map((line) => `${line}\n${indent}`).join(""));
}

/** A name that does not occur in the text. */
export function freshName(source: string, ...names: string[]): string {
  const isThere = (name: string) => new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(source);
  for (const name of names) if (!isThere(name)) return name;
  for (let i = 2;; i++) if (!isThere(`${names[0]}${i}`)) return `${names[0]}${i}`;
}
