/** The answer is right in itself and wrapped wrongly, or in part of the wrong kind. */
import { type Broken, type Candidate, EXPORTS, isMain, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  functionAround,
  type FunctionNode,
  insert,
  isFunction,
  replace,
  textOf,
  type Tree,
} from "./tree.ts";

export const ANSWER_SHAPE: Rule = {
  name: "answer as a list of readings",
  *candidates(broken) {
    const { fault, kind, answer } = broken;
    if (!/shape|contract/.test(fault.type) && !/has to answer/.test(fault.message)) return;
    const tree = treeOf(broken);
    if (tree === null) return;
    yield* atOnce(tree);
    if (kind === "detector") return yield* ofDetector(tree, answer);
    const answers = answersOf(broken, tree);
    for (const wrap of wraps(broken)) {
      const edits = answers.map((node) => replace(node, wrap.around(textOf(tree, node))));
      if (edits.length > 0) {
        yield { source: edited(tree.source, edits), text: wrap.text, mustGive: wrap.mustGive };
      }
    }
    // Of several answers one may be wrong.
    if (answers.length > 1) {
      for (const wrap of wraps(broken)) {
        for (const node of answers) {
          const edit = replace(node, wrap.around(textOf(tree, node)));
          yield {
            source: edited(tree.source, [edit]),
            text: wrap.text,
            mustGive: wrap.mustGive,
          };
        }
      }
    }
    if (kind === "codec") yield* values(tree);
  },
};

interface Wrap {
  around(text: string): string;
  text: string;
  mustGive?: true;
}

const inParentheses = (text: string) =>
  /^[\w$.[\]]+$|^\[[^]*\]$|^\w[\w$.]*\([^]*\)$/.test(text) ? text : `(${text})`;

/** What makes a list of readings out of what was answered, the most fitting first. */
function wraps({ answer, source, kind }: Broken): Wrap[] {
  const one: Wrap = {
    around: (text) => `[${text}]`,
    text: "The one reading is answered as a list of one",
  };
  const flat: Wrap = {
    around: (text) => `[${text}].flat(2)`,
    text: "Readings are answered as one list, however deep they stood",
  };
  const finite: Wrap = {
    around: (text) =>
      `${inParentheses(text)}.filter(({ value }) => value != null && !Number.isNaN(value))`,
    text: "Readings without a value are left out",
    mustGive: true,
  };
  if (Array.isArray(answer)) {
    return kind === "codec" ? [flat, finite, ...named(answer, source)] : [flat];
  }
  if (typeof answer === "object" && answer !== null) {
    const inner = Object.entries(answer).filter(([, value]) => Array.isArray(value));
    return [
      one,
      ...inner.map(([key]) => ({
        around: (text: string) => `${inParentheses(text)}.${key}`,
        text: `The list itself is answered, without the object around it`,
      })),
      {
        around: (text) => `Object.entries(${text}).map(([sensor, value]) => ({ sensor, value }))`,
        text: "Each entry of the object is answered as a reading",
      },
      ...bare(source),
    ];
  }
  if (answer === undefined) return [one, flat, finite, ...bare(source)];
  return answer === null ? [] : bare(source);
}

/** A number alone is a reading of the sensor that the topic ends with. */
function bare(source: string): Wrap[] {
  const sensor = JSON.stringify(sensorOf(source));
  return [{
    around: (text) => `[{ sensor: ${sensor}, value: ${text} }]`,
    text: `The bare value is answered as a reading of ${sensor}`,
  }];
}

/** A list of bare values, or of pairs. */
function named(answer: readonly unknown[], source: string): Wrap[] {
  if (answer.every((one) => Array.isArray(one) && one.length === 2)) {
    return [{
      around: (text) => `${inParentheses(text)}.map(([sensor, value]) => ({ sensor, value }))`,
      text: "Each pair is answered as a reading",
    }];
  }
  if (answer.length !== 1 || typeof answer[0] === "object") return [];
  const sensor = JSON.stringify(sensorOf(source));
  return [{
    around: (text) => `${inParentheses(text)}.map((value) => ({ sensor: ${sensor}, value }))`,
    text: `The bare value is answered as a reading of ${sensor}`,
  }];
}

function sensorOf(source: string): string {
  const topic = /topics\s*=\s*\[\s*["'`]([^"'`]+)/.exec(source)?.[1] ?? "";
  const last = topic.split("/").at(-1) ?? "";
  return /^[\w-]+$/.test(last) ? last : "value";
}

/** What the function that is called from outside answers. */
function answersOf({ kind }: Broken, tree: Tree) {
  const main = tree.nodes.find((found): found is Found<FunctionNode> =>
    isFunction(found.node) && isMain(kind, found as Found<FunctionNode>)
  );
  if (main === undefined) return [];
  if (main.node.body.type !== "BlockStatement") {
    const { body } = main.node;
    // `=> ({ … })`: the parentheses stand around the answer.
    return [body];
  }
  return all(tree, "ReturnStatement").flatMap((found) =>
    found.node.argument && functionAround(found)?.node === main.node &&
      !/^\[\s*\]$/.test(textOf(tree, found.node.argument))
      ? [found.node.argument]
      : []
  );
}

/** Values that are texts, where numbers are wanted. */
function* values(tree: Tree): Iterable<Candidate> {
  const found = all(tree, "Property").filter(({ node, parent }) =>
    parent?.node.type === "ObjectExpression" && !node.computed && node.key.type === "Identifier" &&
    node.key.name === "value"
  );
  if (found.length === 0) return;
  const numbers = found.map(({ node }) =>
    node.shorthand
      ? insert(node.end, ": Number(value)")
      : replace(node.value, `Number(${textOf(tree, node.value)})`)
  );
  const parsed = found.map(({ node }) =>
    node.shorthand
      ? insert(node.end, ": Number.parseFloat(value)")
      : replace(node.value, `Number.parseFloat(${textOf(tree, node.value)})`)
  );
  const guard = ".filter(({ value }) => !Number.isNaN(value))";
  const lists = all(tree, "ReturnStatement").flatMap(({ node }) =>
    node.argument && found.some((one) => one.node.start > node.start && one.node.end < node.end)
      ? [insert(node.argument.end, guard)]
      : []
  );
  const text = "The value is answered as a number, and not where it is none";
  for (const edits of [numbers, parsed]) {
    yield { source: edited(tree.source, [...edits, ...lists]), text, mustGive: true };
    yield {
      source: edited(tree.source, edits),
      text: "The value is answered as a number",
      mustGive: true,
    };
  }
}

/** A promise is no answer: nothing is waited for. */
function* atOnce(tree: Tree): Iterable<Candidate> {
  const { source } = tree;
  const edits = tree.nodes.flatMap(({ node }) => {
    if (isFunction(node) && node.async) {
      const word = /\basync\s+/.exec(source.slice(node.start, node.end))!;
      const from = node.start + word.index;
      return [{ from, to: from + word[0].length, text: "" }];
    }
    return node.type === "AwaitExpression"
      ? [{ from: node.start, to: node.argument.start, text: "" }]
      : [];
  });
  if (edits.length === 0) return;
  yield {
    source: edited(source, edits),
    text: "The answer is given at once, and not as a promise",
  };
}

/** `step` answers `{ state, findings }`. */
function* ofDetector(tree: Tree, answer: unknown): Iterable<Candidate> {
  const name = EXPORTS.detector.call;
  const main = tree.nodes.find((found) =>
    isFunction(found.node) && isMain("detector", found as Found<FunctionNode>)
  );
  if (main === undefined) return;
  const [param] = (main.node as FunctionNode).params;
  const state = param?.type === "Identifier" ? param.name : "null";
  const around = Array.isArray(answer)
    ? (text: string) => `{ state: ${state}, findings: ${text} }`
    : (text: string) => `{ state: ${text}, findings: [] }`;
  const edits = answersOf({ kind: "detector" } as Broken, tree).map((node) =>
    replace(node, around(textOf(tree, node)))
  );
  if (edits.length > 0) {
    yield {
      source: edited(tree.source, edits),
      text: `${name} answers with its state and its findings`,
    };
  }
  const objects = all(tree, "ReturnStatement").flatMap(({ node }) =>
    node.argument?.type === "ObjectExpression" ? [node.argument] : []
  );
  for (const [key, value] of [["findings", "[]"], ["state", state]] as const) {
    const missing = objects.filter(({ properties }) =>
      !properties.some((one) =>
        one.type === "Property" && one.key.type === "Identifier" && one.key.name === key
      )
    );
    if (missing.length === 0) continue;
    const add = missing.map(({ start, properties }) =>
      insert(start + 1, ` ${key}: ${value}${properties.length > 0 ? "," : " "}`)
    );
    yield {
      source: edited(tree.source, add),
      text: `${name} answers with its ${key}, which was missing`,
    };
  }
}
