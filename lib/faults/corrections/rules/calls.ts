/** What is called is no function: a misspelt method, or one that this kind of value does not have. */
import { nearNames } from "./near.ts";
import { type Candidate, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  insert,
  nearest,
  type NodeOf,
  replace,
  textOf,
  type Tree,
} from "./tree.ts";

const namesOf = (value: object) => Object.getOwnPropertyNames(value);
const STATICS: Record<string, readonly string[]> = {
  JSON: namesOf(JSON),
  Math: namesOf(Math),
  Number: namesOf(Number),
  Object: namesOf(Object),
  Array: namesOf(Array),
  String: namesOf(String),
  Date: namesOf(Date),
};
const OF_LISTS = namesOf(Array.prototype);
const OF_TEXTS = namesOf(String.prototype);
const OF_NUMBERS = namesOf(Number.prototype);
const METHODS = [
  ...OF_LISTS,
  ...OF_TEXTS,
  ...OF_NUMBERS,
  ...namesOf(Date.prototype),
  ...namesOf(RegExp.prototype),
];
/** As other languages write them. */
const FOREIGN: Record<string, readonly string[]> = {
  append: ["push"],
  add: ["push"],
  strip: ["trim"],
  contains: ["includes"],
  lower: ["toLowerCase"],
  upper: ["toUpperCase"],
  len: ["length"],
  startswith: ["startsWith"],
  endswith: ["endsWith"],
  has_key: ["hasOwnProperty"],
  loads: ["parse"],
  dumps: ["stringify"],
  decode: ["parse"],
};

type Member = Found<NodeOf<"MemberExpression">>;

export const NO_FUNCTION: Rule = {
  name: "method that exists",
  *candidates(broken) {
    const { fault } = broken;
    if (fault.type !== "runtime" || !/not a function|not iterable/.test(fault.message)) return;
    const tree = treeOf(broken);
    if (tree === null) return;
    if (/iterable/.test(fault.message)) return yield* iterated(tree, fault.line);
    const calls = all(tree, "CallExpression").flatMap((call) => memberOf(tree, call));
    for (const member of nearest(calls, fault.line)) {
      yield* respelt(tree, member);
      yield* converted(tree, member);
    }
    yield* called(tree, fault.line);
  },
};

function memberOf(tree: Tree, call: Found<NodeOf<"CallExpression">>): Member[] {
  const { callee } = call.node;
  if (callee.type !== "MemberExpression" || callee.computed) return [];
  return tree.nodes.filter(({ node }) => node === callee) as Member[];
}

const methodOf = ({ node }: Member) => (node.property as { name: string }).name;

function* respelt(tree: Tree, member: Member): Iterable<Candidate> {
  const name = methodOf(member);
  const owner = textOf(tree, member.node.object);
  const names = STATICS[owner] ?? METHODS;
  if (names.includes(name)) return;
  for (const other of [...FOREIGN[name] ?? [], ...nearNames(name, names)].slice(0, 4)) {
    yield {
      source: edited(tree.source, [replace(member.node.property, other)]),
      text: `"${name}" was meant to be "${other}": there is no ${name}`,
    };
  }
}

/** The value is made into one that has the method. */
function* converted(tree: Tree, { node }: Member): Iterable<Candidate> {
  const name = (node.property as { name: string }).name;
  const shown = textOf(tree, node.object);
  const into = (text: string, why: string): Candidate => ({
    source: edited(tree.source, [replace(node.object, text)]),
    text: `${shown.slice(0, 40)} ${why}`,
  });
  if (OF_LISTS.includes(name) && !OF_TEXTS.includes(name)) {
    yield into(`[${shown}].flat()`, "may be one thing as well as a list of them");
    yield into(`Object.entries(${shown})`, "is an object, whose entries are gone through");
  }
  if (OF_TEXTS.includes(name)) yield into(`String(${shown})`, "is used as a text, whatever it is");
  if (OF_NUMBERS.includes(name)) yield into(`Number(${shown})`, "is used as a number");
}

function* iterated(tree: Tree, line: number | null): Iterable<Candidate> {
  const over = [
    ...all(tree, "ForOfStatement").map((found) => ({ found, target: found.node.right })),
    ...all(tree, "SpreadElement").map((found) => ({ found, target: found.node.argument })),
  ];
  const order = nearest(over.map(({ found }) => found as Found), line);
  for (const found of order) {
    const { target } = over.find((one) => one.found === found)!;
    const shown = textOf(tree, target);
    for (
      const text of [`[${shown}].flat()`, `Object.entries(${shown})`, `Object.values(${shown})`]
    ) {
      yield {
        source: edited(tree.source, [replace(target, text)]),
        text: `${shown.slice(0, 40)} may be one thing as well as a list of them`,
      };
    }
  }
}

/** `text.length()`: a property that is called, or a call that lacks its name's parentheses. */
function* called(tree: Tree, line: number | null): Iterable<Candidate> {
  for (const { node } of nearest(all(tree, "CallExpression"), line)) {
    if (node.arguments.length > 0 || node.callee.type !== "MemberExpression") continue;
    yield {
      source: edited(tree.source, [{ from: node.callee.end, to: node.end, text: "" }]),
      text: `${textOf(tree, node.callee).slice(0, 40)} is a value and is not called`,
    };
  }
  for (const { node } of nearest(all(tree, "ArrayExpression"), line)) {
    const previous = tree.source.slice(0, node.start).trimEnd();
    if (previous.endsWith(")")) {
      yield {
        source: edited(tree.source, [insert(previous.length, ";")]),
        text: "A semicolon ends the line: before, it went on in the next",
      };
    }
  }
}
