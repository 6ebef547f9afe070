/** A function ends without its answer. */
import { type Candidate, isMain, nothingOf, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  functionAround,
  type FunctionNode,
  indentAt,
  insert,
  isFunction,
  nearest,
  type NodeOf,
  replace,
  textOf,
  type Tree,
} from "./tree.ts";

/** What nobody can tell from the message alone: an answer that is nothing may be the cause of either. */
const MAY_BE = new Set(["shape", "runtime"]);

export const MISSING_RETURN: Rule = {
  name: "missing return",
  blind: true,
  *candidates(broken) {
    const { type, message } = broken.fault;
    if (!MAY_BE.has(type) || (broken.blind && !/null|undefined|nothing/.test(message))) return;
    if (broken.blind && type !== "shape") return;
    const tree = treeOf(broken);
    if (tree === null) return;
    const functions = tree.nodes.filter((found): found is Found<FunctionNode> =>
      isFunction(found.node) && found.node.body.type === "BlockStatement"
    );
    const main = functions.filter((one) => isMain(broken.kind, one));
    const others = nearest(functions.filter((one) => !main.includes(one)), broken.fault.line);
    for (const one of [...main, ...others]) {
      const nothing = main.includes(one) ? nothingOf(broken.kind, one) : null;
      yield* brokenLines(tree, one);
      yield* lastStatement(tree, one);
      yield* unanswered(tree, one);
      if (nothing !== null) yield* withNothing(tree, one, nothing);
    }
  },
};

const bodyOf = ({ node }: Found<FunctionNode>) => node.body as NodeOf<"BlockStatement">;

/** `return` at the end of a line answers nothing: what follows is never reached. */
function* brokenLines(tree: Tree, one: Found<FunctionNode>): Iterable<Candidate> {
  for (const found of all(tree, "ReturnStatement")) {
    if (found.node.argument || functionAround(found)?.node !== one.node) continue;
    const rest = /^[ \t]*\r?\n\s*(?=[[({"'`\w$])/.exec(tree.source.slice(found.node.end));
    if (rest === null || tree.source[found.node.end - 1] === ";") continue;
    const to = found.node.end + rest[0].length;
    yield {
      source: edited(tree.source, [{ from: found.node.end, to, text: " " }]),
      text: "The answer begins in the line of its return: before, the line ended the function",
    };
  }
}

/** The last statement is the answer. */
function* lastStatement(tree: Tree, one: Found<FunctionNode>): Iterable<Candidate> {
  const last = bodyOf(one).body.at(-1);
  if (last?.type !== "ExpressionStatement") return;
  if (/^(Assignment|Update|Await)Expression$/.test(last.expression.type)) return;
  // What these answer is not what anybody wants to know.
  if (/^[\w$.]+\.(push|unshift|set|add|forEach|sort)\(/.test(textOf(tree, last))) return;
  yield {
    source: edited(tree.source, [insert(last.start, "return ")]),
    text: "The function answers with its last expression: its return was missing",
  };
}

/** It collects into a list, or makes a last variable, and does not answer with it. */
function* unanswered(tree: Tree, one: Found<FunctionNode>): Iterable<Candidate> {
  const body = bodyOf(one);
  if (body.body.at(-1)?.type === "ReturnStatement") return;
  const names = body.body.flatMap((statement) =>
    statement.type !== "VariableDeclaration" ? [] : statement.declarations.flatMap(
      ({ id, init }) =>
        id.type === "Identifier" && init
          ? [{ name: id.name, list: init.type === "ArrayExpression" }]
          : [],
    )
  ).reverse().sort((a, b) => Number(b.list) - Number(a.list));
  for (const { name } of names.slice(0, 4)) {
    yield {
      source: atEnd(tree, one, `return ${name};`),
      text: `The function answers with ${name}: its return was missing`,
    };
  }
}

/** Where it has nothing to say, it says so. */
function* withNothing(
  tree: Tree,
  one: Found<FunctionNode>,
  nothing: string,
): Iterable<Candidate> {
  const text = "Where there is nothing to answer, it answers with an empty list";
  const bare = all(tree, "ReturnStatement").filter((found) =>
    functionAround(found)?.node === one.node &&
    /^return(\s+(null|undefined|false|void 0|""|''|\{\s*\}))?;?$/.test(textOf(tree, found.node))
  );
  const edits = bare.map(({ node }) => replace(node, `return ${nothing};`));
  const ends = bodyOf(one).body.at(-1)?.type === "ReturnStatement";
  if (bare.length > 0) yield { source: edited(tree.source, edits), text };
  if (ends) return;
  const withEnd = endEdit(tree, one, `return ${nothing};`);
  yield { source: edited(tree.source, [withEnd]), text };
  if (bare.length > 0) yield { source: edited(tree.source, [...edits, withEnd]), text };
}

function atEnd(tree: Tree, one: Found<FunctionNode>, line: string): string {
  return edited(tree.source, [endEdit(tree, one, line)]);
}

function endEdit({ source }: Tree, one: Found<FunctionNode>, line: string) {
  const body = bodyOf(one);
  const close = body.end - 1;
  const indent = indentAt(source, close);
  const ownLine = /^[ \t]*$/.test(source.slice(source.lastIndexOf("\n", close - 1) + 1, close));
  const last = body.body.at(-1);
  const inner = last === undefined ? `${indent}  ` : indentAt(source, last.start);
  return ownLine
    ? insert(source.lastIndexOf("\n", close - 1) + 1, `${inner}${line}\n`)
    : insert(close, ` ${line} `);
}
