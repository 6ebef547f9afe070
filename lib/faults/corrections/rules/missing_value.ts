/** Something is read of a value that is not there: `m.data.p` where the message has no `data`. */
import type { AnyNode, Expression, Pattern } from "acorn";
import { type Broken, type Candidate, isMain, nothingOf, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  freshName,
  functionAround,
  type FunctionNode,
  insert,
  isFunction,
  isInLoop,
  linesBefore,
  nearest,
  replace,
  statementAround,
  textOf,
  type Tree,
} from "./tree.ts";

const READ = /cannot (?:read|set) propert(?:y|ies)(?: '([^']*)')?(?: of|$)/i;
const OTHER = /cannot convert to object|not iterable|not a function|not an object|'in' operand/i;
const ITERATED = /iterable|iterator/i;

export const MISSING_VALUE: Rule = {
  name: "guard for a missing value",
  blind: true,
  more: true,
  *candidates(broken) {
    const { fault } = broken;
    const read = READ.exec(fault.message);
    if (fault.type !== "runtime" || (read === null && !OTHER.test(fault.message))) return;
    const tree = treeOf(broken);
    if (tree === null || (broken.blind && read?.[1] === undefined)) return;
    if (broken.kind === "detector") yield* firstState(broken, tree);
    for (const suspect of nearest(suspects(tree, fault.message, read?.[1]), fault.line)) {
      yield* guards(broken, tree, suspect);
    }
    yield* defaults(broken, tree);
  },
};

/** Expressions that may be what is missing. */
function suspects(tree: Tree, message: string, name: string | undefined): Found[] {
  const iterated = all(tree, "ForOfStatement", "SpreadElement", "VariableDeclarator")
    .flatMap((found) => childOf(tree, iteratedOf(found.node)));
  if (ITERATED.test(message)) return iterated;
  const taken = all(tree, "VariableDeclarator").flatMap((found) =>
    found.node.id.type === "ObjectPattern" ? childOf(tree, found.node.init) : []
  );
  if (/convert to object/i.test(message)) return taken;
  const members = all(tree, "MemberExpression").filter(({ node }) =>
    !node.optional && (name === undefined || name === propertyOf(node.property))
  );
  return members.flatMap((found) => childOf(tree, found.node.object as AnyNode));
}

function iteratedOf(node: AnyNode): Expression | null | undefined {
  if (node.type === "ForOfStatement") return node.right;
  if (node.type === "SpreadElement") return node.argument;
  return node.type === "VariableDeclarator" && node.id.type === "ArrayPattern" ? node.init : null;
}

function propertyOf(property: AnyNode): string | null {
  if (property.type === "Identifier" || property.type === "PrivateIdentifier") return property.name;
  return property.type === "Literal" ? String(property.value) : null;
}

/** The child as it stands in the tree, unless it can hardly be missing. */
function childOf(tree: Tree, child: AnyNode | null | undefined): Found[] {
  if (!child || GLOBALS.test(textOf(tree, child))) return [];
  if (/^(Super|This|.*Literal|ArrayExpression|ObjectExpression)/.test(child.type)) return [];
  const found = tree.nodes.find(({ node }) => node === child);
  return found === undefined ? [] : [found];
}

const GLOBALS = /^(JSON|Math|Number|Object|Array|String|Date|console)$/;

/** The first step has no state: what is read of it begins with the value, counts begin with 0. */
function* firstState({ kind, source }: Broken, tree: Tree): Iterable<Candidate> {
  const main = tree.nodes.find((found): found is Found<FunctionNode> =>
    isFunction(found.node) && isMain(kind, found as Found<FunctionNode>)
  );
  const [state, input] = main?.node.params ?? [];
  if (state?.type !== "Identifier") return;
  const value = input?.type === "ObjectPattern" && /\bvalue\b/.test(textOf(tree, input))
    ? "value"
    : input?.type === "Identifier"
    ? `${input.name}.value`
    : "0";
  const edits = all(tree, "MemberExpression").flatMap(({ node, parent }) => {
    if (node.object.type !== "Identifier" || node.object.name !== state.name) return [];
    if (node.computed || node.property.type !== "Identifier") return [];
    const { name } = node.property;
    const around = parent?.node;
    if (around?.type === "AssignmentExpression" && around.left === node) return [];
    const isList = around?.type === "MemberExpression" || around?.type === "SpreadElement";
    const isCount = /^(n|i)$|count|sum|total|seen|times|number/i.test(name);
    const first = isList ? "[]" : isCount ? "0" : value;
    return [replace(node, `(${state.name}?.${name} ?? ${first})`)];
  });
  if (edits.length === 0) return;
  yield {
    source: edited(source, edits),
    text: "The first step has no state yet: what is read of it begins anew",
  };
}

/** Ways to do without what is missing. */
function* guards(broken: Broken, tree: Tree, suspect: Found): Iterable<Candidate> {
  const { kind, source } = broken;
  const shown = textOf(tree, suspect.node);
  const statement = statementAround(suspect);
  const around = functionAround(suspect);
  if (around === null) return;
  const main = isMain(kind, around);
  const chain = isChain(suspect.node);
  if (statement !== null && (isInLoop(statement) || main)) {
    const leave = isInLoop(statement) ? "continue;" : `return ${nothingOf(kind, around)};`;
    const name = chain ? "" : freshName(source, "found", "part");
    const lines = chain
      ? [`if (${optional(source, suspect.node)} == null) ${leave}`]
      : [`const ${name} = ${shown};`, `if (${name} == null) ${leave}`];
    yield {
      source: edited(source, [
        linesBefore(source, statement.node, lines),
        ...(chain ? [] : [replace(suspect.node, name)]),
      ]),
      text: `A message without ${brief(shown)} is passed over instead of ending in an error`,
    };
  }
  if (chain && statement !== null) yield* leftOutOfMap(broken, tree, suspect, around, statement);
  yield* readOptionally(broken, tree, suspect);
  if (chain) yield* filtered(broken, tree, suspect, around);
}

/** `list.map((x) => { … })` leaves out those for which something is missing. */
function* leftOutOfMap(
  { source }: Broken,
  tree: Tree,
  suspect: Found,
  around: Found<FunctionNode>,
  statement: Found,
): Iterable<Candidate> {
  const call = around.parent?.node;
  if (call?.type !== "CallExpression" || call.callee.type !== "MemberExpression") return;
  const { property } = call.callee;
  if (property.type !== "Identifier" || !/^(map|flatMap)$/.test(property.name)) return;
  const guard = `if (${optional(source, suspect.node)} == null) return [];`;
  yield {
    source: edited(source, [
      replace(property, "flatMap"),
      linesBefore(source, statement.node, [guard]),
    ]),
    text: `Entries without ${brief(textOf(tree, suspect.node))} are left out`,
  };
}

/** `a?.b`, and in a list of readings those without a value are left out. */
function* readOptionally(broken: Broken, tree: Tree, suspect: Found): Iterable<Candidate> {
  const { source } = broken;
  const parent = suspect.parent?.node;
  if (parent?.type !== "MemberExpression" || parent.object !== suspect.node) return;
  const target = suspect.parent!.parent?.node;
  if (target?.type === "AssignmentExpression" && target.left === parent) return;
  const edits = [optionalEdit(source, suspect.node, parent)];
  if (isChain(suspect.node)) edits.push(...chainEdits(source, suspect.node));
  const text = `Where ${brief(textOf(tree, suspect.node))} is missing, nothing is read of it`;
  const list = listAround(suspect);
  if (list !== null) {
    yield {
      source: edited(source, [
        ...edits,
        insert(list.node.end, ".filter(({ value }) => value !== undefined)"),
      ]),
      text: `${text}, and a reading without a value is left out`,
    };
  }
  yield { source: edited(source, edits), text };
}

/** The list that is answered and in which it stands. */
function listAround(found: Found): Found | null {
  for (let at = found.parent; at !== null; at = at.parent) {
    if (at.node.type === "ArrayExpression") return at;
    if (/Statement$|^Arrow|^Function/.test(at.node.type)) return null;
  }
  return null;
}

/** `list.map((x) => x.a.b)` takes only those that have an `a`. */
function* filtered(
  { source }: Broken,
  tree: Tree,
  suspect: Found,
  around: Found<FunctionNode>,
): Iterable<Candidate> {
  const call = around.parent?.node;
  const [param] = around.node.params;
  if (call?.type !== "CallExpression" || call.callee.type !== "MemberExpression") return;
  if (call.callee.property.type !== "Identifier" || param?.type !== "Identifier") return;
  if (!/^(map|flatMap|forEach)$/.test(call.callee.property.name)) return;
  if (rootOf(suspect.node) !== param.name) return;
  const guard = `.filter((${param.name}) => ${optional(source, suspect.node)} != null)`;
  yield {
    source: edited(source, [insert(call.callee.object.end, guard)]),
    text: `Entries without ${brief(textOf(tree, suspect.node))} are left out`,
  };
}

/** What a parameter takes apart may be missing: `{ meta: { unit } }` → `{ meta: { unit } = {} }`. */
function* defaults({ source }: Broken, tree: Tree): Iterable<Candidate> {
  for (const { node, parent } of all(tree, "ObjectPattern")) {
    const inside = parent?.node.type === "Property" && parent.parent?.node.type === "ObjectPattern";
    if (!inside && !isParameter(node, parent)) continue;
    yield {
      source: edited(source, [insert(node.end, " = {}")]),
      text: "What is taken apart may be missing, and counts as empty then",
    };
  }
}

function isParameter(node: Pattern, parent: Found | null): boolean {
  const params = (parent?.node as { params?: Pattern[] } | undefined)?.params;
  return params?.includes(node) ?? false;
}

/** `a`, `a.b`, `a[0].b`: reading it twice gives the same. */
function isChain(node: AnyNode): boolean {
  if (node.type === "Identifier") return true;
  return node.type === "MemberExpression" && isChain(node.object) &&
    (!node.computed || /^(Literal|Identifier)$/.test(node.property.type));
}

function rootOf(node: AnyNode): string | null {
  if (node.type === "Identifier") return node.name;
  return node.type === "MemberExpression" ? rootOf(node.object) : null;
}

/** A chain that may end anywhere: `a.b.c` → `a?.b?.c`. */
function optional(source: string, node: AnyNode): string {
  const edits = chainEdits(source, node).map((edit) => ({
    ...edit,
    from: edit.from - node.start,
    to: edit.to - node.start,
  }));
  return edited(source.slice(node.start, node.end), edits);
}

function chainEdits(source: string, node: AnyNode): ReturnType<typeof optionalEdit>[] {
  if (node.type !== "MemberExpression") return [];
  const inner = chainEdits(source, node.object);
  return node.optional ? inner : [...inner, optionalEdit(source, node.object, node)];
}

/** The dot or bracket after `object` becomes `?.`. */
function optionalEdit(source: string, object: AnyNode, member: AnyNode) {
  const { computed } = member as { computed?: boolean };
  const at = source.indexOf(computed ? "[" : ".", object.end);
  return { from: at, to: computed ? at : at + 1, text: "?." };
}

/** An expression in a sentence. */
export function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 40 ? line : `${line.slice(0, 39)}…`;
}
