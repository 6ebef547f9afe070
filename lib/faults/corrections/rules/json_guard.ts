/** A text is read as JSON that holds none. */
import type { AnyNode } from "acorn";
import { brief } from "./missing_value.ts";
import { type Broken, type Candidate, isMain, nothingOf, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  freshName,
  functionAround,
  isInLoop,
  linesBefore,
  nearest,
  type NodeOf,
  replace,
  statementAround,
  textOf,
  type Tree,
} from "./tree.ts";

const NO_JSON = /token|JSON|expect|end of|escape|control character|number|string|malformed|parse/i;

export const JSON_GUARD: Rule = {
  name: "guard for what is no JSON",
  blind: true,
  more: true,
  *candidates(broken) {
    const { fault } = broken;
    if (fault.type !== "runtime" || !NO_JSON.test(fault.message)) return;
    const tree = treeOf(broken);
    if (tree === null) return;
    const calls = all(tree, "CallExpression")
      .filter(({ node }) => /^JSON\s*\.\s*parse$/.test(textOf(tree, node.callee)));
    for (const call of nearest(calls, fault.line)) {
      yield* passedOver(broken, tree, call);
      yield emptyHanded(broken, tree, call);
    }
  },
};

type Call = Found<NodeOf<"CallExpression">>;

/** Before the statement it is tried, and what is no JSON is left out. */
function* passedOver({ kind, source }: Broken, tree: Tree, call: Call): Iterable<Candidate> {
  const statement = statementAround(call);
  const around = functionAround(call);
  if (statement === null || around === null) return;
  const loop = isInLoop(statement);
  if (!loop && !isMain(kind, around)) return;
  const leave = loop ? "continue;" : `return ${nothingOf(kind, around)};`;
  const text = `${
    brief(textOf(tree, call.node.arguments[0] ?? call.node))
  } that is no JSON is passed over instead of ending in an error`;
  const own = ownVariable(call, statement);
  const name = own ?? freshName(source, "parsed", "json");
  const lines = [
    `let ${name};`,
    "try {",
    `  ${name} = ${textOf(tree, call.node)};`,
    "} catch {",
    `  ${leave}`,
    "}",
  ];
  const before = linesBefore(source, statement.node, lines);
  if (own === null) {
    yield { source: edited(source, [before, replace(call.node, name)]), text };
  } else {
    const lead = before.text.trimEnd();
    yield { source: edited(source, [replace(statement.node, lead)]), text };
  }
}

/** The statement is `const name = JSON.parse(…);` and nothing else. */
function ownVariable(call: Call, { node }: Found): string | null {
  if (node.type !== "VariableDeclaration" || node.declarations.length !== 1) return null;
  const [{ id, init }] = node.declarations;
  return init === call.node && id.type === "Identifier" ? id.name : null;
}

/** What is read of it at once is read of null too: `(…)?.p`. */
function readsOf(source: string, node: AnyNode, around: AnyNode | undefined) {
  if (around?.type !== "MemberExpression" || around.object !== node || around.optional) return [];
  const at = source.indexOf(around.computed ? "[" : ".", node.end);
  return [{ from: at, to: around.computed ? at : at + 1, text: "?." }];
}

/** Where no statement can be put before it: a function that answers null for what is no JSON. */
function emptyHanded({ source }: Broken, tree: Tree, { node, parent }: Call): Candidate {
  const name = freshName(source, "parsedOrNull");
  const helper = [
    "",
    "/** What a text of JSON holds; null: it is none. */",
    `function ${name}(text) {`,
    "  try {",
    "    return JSON.parse(text);",
    "  } catch {",
    "    return null;",
    "  }",
    "}",
    "",
  ].join("\n");
  const end = source.endsWith("\n") ? "" : "\n";
  return {
    source: edited(source, [replace(node.callee, name), ...readsOf(source, node, parent?.node)]) +
      end + helper,
    text: `${brief(textOf(tree, node.arguments[0] ?? node))} that is no JSON counts as null`,
  };
}
