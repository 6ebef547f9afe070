/** A name that nothing has: misspelt, not declared, or not taken out of what the function is given. */
import { nearNames } from "./near.ts";
import { KEYWORDS } from "./keywords.ts";
import { type Broken, type Candidate, INPUTS, isMain, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  type FunctionNode,
  insert,
  isFunction,
  nearest,
  type NodeOf,
  replace,
  textOf,
  type Tree,
} from "./tree.ts";

const UNKNOWN = /'?([\w$]+)'? is not defined/;

/** What every script has without declaring it. */
const GLOBALS = [
  ..."JSON Math Number String Boolean Object Array Date RegExp Map Set Error BigInt Symbol".split(
    " ",
  ),
  ..."parseInt parseFloat isNaN isFinite NaN Infinity undefined decodeURIComponent".split(" "),
  ..."encodeURIComponent Uint8Array Uint16Array Int16Array DataView ArrayBuffer Float32Array".split(
    " ",
  ),
  ..."true false null".split(" "),
];
/** Of other languages and places. */
const FOREIGN: Record<string, readonly string[]> = {
  None: ["null"],
  nil: ["null"],
  True: ["true"],
  False: ["false"],
  TRUE: ["true"],
  FALSE: ["false"],
  int: ["parseInt", "Math.trunc"],
  float: ["parseFloat", "Number"],
  str: ["String"],
  bool: ["Boolean"],
  abs: ["Math.abs"],
  round: ["Math.round"],
  floor: ["Math.floor"],
  ceil: ["Math.ceil"],
  min: ["Math.min"],
  max: ["Math.max"],
  sqrt: ["Math.sqrt"],
  pow: ["Math.pow"],
  parse: ["JSON.parse"],
  stringify: ["JSON.stringify"],
};
/** What takes notes and gives nothing. */
const NOTES = /^(console|print|log|debug|logger|alert)$/;

export const UNKNOWN_NAME: Rule = {
  name: "name that exists",
  blind: true,
  *candidates(broken) {
    const name = UNKNOWN.exec(broken.fault.message)?.[1];
    const tree = name === undefined ? null : treeOf(broken);
    if (name === undefined || tree === null) return;
    const uses = nearest(usesOf(tree, name), broken.fault.line);
    if (NOTES.test(name)) yield* withoutNotes(tree, name);
    yield* keyword(tree, name, uses);
    yield* respelt(tree, name, uses, unusedIn(tree));
    yield* takenOut(broken, tree, name);
    yield* respelt(tree, name, uses, [...bindingsOf(tree), ...GLOBALS]);
    yield* declared(tree, name, uses);
  },
};

/** Where it is used as a variable. */
function usesOf(tree: Tree, name: string): Found<NodeOf<"Identifier">>[] {
  return all(tree, "Identifier").filter(({ node, parent }) => {
    if (node.name !== name) return false;
    const around = parent?.node;
    if (around?.type === "MemberExpression") return around.object === node || around.computed;
    if (around?.type === "Property") return around.value === node;
    return true;
  });
}

/** `retrun [x]` can be read: as an element of `retrun`. */
function* keyword(
  tree: Tree,
  name: string,
  uses: readonly Found<NodeOf<"Identifier">>[],
): Iterable<Candidate> {
  for (const word of nearNames(name, KEYWORDS).slice(0, 3)) {
    yield {
      source: edited(tree.source, uses.map(({ node }) => replace(node, word))),
      text: `"${name}" was meant to be "${word}"`,
    };
  }
}

function* respelt(
  tree: Tree,
  name: string,
  uses: readonly Found<NodeOf<"Identifier">>[],
  names: readonly string[],
): Iterable<Candidate> {
  const meant = [...FOREIGN[name] ?? [], ...nearNames(name, names)];
  for (const other of meant.slice(0, 6)) {
    const edits = uses.map(({ node, parent }) => {
      const shorthand = parent?.node.type === "Property" && parent.node.shorthand;
      return replace(node, shorthand ? `${name}: ${other}` : other);
    });
    yield {
      source: edited(tree.source, edits),
      text: `"${name}" was meant to be "${other}": nothing is called ${name}`,
    };
  }
}

const bindingsOf = (tree: Tree) =>
  all(tree, "Identifier").filter(isBinding).map(({ node }) => node.name);

/** Names that are declared and never used: one of them may be the one that is meant. */
function unusedIn(tree: Tree): string[] {
  return bindingsOf(tree).filter((name) =>
    all(tree, "Identifier").filter(({ node }) => node.name === name).length === 1
  );
}

/** It declares a name: a variable, a function, a parameter. */
function isBinding({ node, parent }: Found<NodeOf<"Identifier">>): boolean {
  const around = parent?.node;
  if (around === undefined) return false;
  if (around.type === "VariableDeclarator") return around.id === node;
  if (around.type === "Property") return parent!.parent?.node.type === "ObjectPattern";
  if (isFunction(around)) {
    const { id } = around as { id?: unknown };
    return id === node || around.params.includes(node);
  }
  return /^(ArrayPattern|RestElement|AssignmentPattern|CatchClause|ClassDeclaration)$/.test(
    around.type,
  );
}

/** The function is given it and does not take it: `decode({ topic })` uses `text`. */
function* takenOut({ kind, keys }: Broken, tree: Tree, name: string): Iterable<Candidate> {
  const known = INPUTS[kind];
  const isInput = (one: string) => known.includes(one);
  for (const found of tree.nodes) {
    if (!isFunction(found.node)) continue;
    const main = isMain(kind, found as Found<FunctionNode>);
    for (const param of found.node.params) {
      if (param.type === "ObjectPattern" && main && isInput(name)) {
        const last = param.properties.at(-1);
        const at = last?.end ?? param.start + 1;
        yield {
          source: edited(tree.source, [insert(at, last === undefined ? ` ${name} ` : `, ${name}`)]),
          text: `${name} is taken from what the function is given`,
        };
      } else if (param.type === "Identifier" && ((main && isInput(name)) || keys.includes(name))) {
        const edits = usesOf(tree, name).map(({ node, parent }) =>
          replace(
            node,
            parent?.node.type === "Property" && parent.node.shorthand
              ? `${name}: ${param.name}.${name}`
              : `${param.name}.${name}`,
          )
        );
        yield {
          source: edited(tree.source, edits),
          text: `${name} is read from ${param.name}, which has it`,
        };
      }
    }
  }
}

/** Given a value without being declared. */
function* declared(
  tree: Tree,
  name: string,
  uses: readonly Found<NodeOf<"Identifier">>[],
): Iterable<Candidate> {
  const inOrder = uses.toSorted((a, b) => a.node.start - b.node.start);
  for (const { node, parent } of inOrder) {
    const around = parent?.node;
    const text = `${name} is declared before it is given a value`;
    if (around?.type === "AssignmentExpression" && around.left === node) {
      if (parent!.parent?.node.type === "ExpressionStatement") {
        yield { source: edited(tree.source, [insert(around.start, "let ")]), text };
      } else if (parent!.parent?.node.type === "ForStatement") {
        yield { source: edited(tree.source, [insert(around.start, "let ")]), text };
      }
    } else if (
      /^For(Of|In)Statement$/.test(around?.type ?? "") &&
      (around as { left?: unknown }).left === node
    ) {
      yield { source: edited(tree.source, [insert(node.start, "const ")]), text };
    }
  }
}

/** Scripts have no console: statements that only write to one are left out. */
function* withoutNotes(tree: Tree, name: string): Iterable<Candidate> {
  const edits = all(tree, "ExpressionStatement").flatMap(({ node, parent }) => {
    const { expression } = node;
    if (expression.type !== "CallExpression") return [];
    if (!new RegExp(`^${name}(\\.\\w+)?$`).test(textOf(tree, expression.callee))) return [];
    const isOnly = !/^(BlockStatement|Program|SwitchCase)$/.test(parent?.node.type ?? "");
    return [isOnly ? replace(node, "{}") : wholeLine(tree.source, node)];
  });
  if (edits.length === 0) return;
  yield {
    source: edited(tree.source, edits),
    text: `What only writes to ${name} is left out: scripts have none`,
  };
}

function wholeLine(source: string, { start, end }: { start: number; end: number }) {
  const from = source.lastIndexOf("\n", start - 1) + 1;
  const rest = /^[ \t]*\r?\n/.exec(source.slice(end));
  const alone = rest !== null && source.slice(from, start).trim() === "";
  return alone ? { from, to: end + rest[0].length, text: "" } : { from: start, to: end, text: "" };
}
