/** A property under a name that nothing has, close to one that something has. */
import { nearNames } from "./near.ts";
import { type Broken, type Candidate, INPUTS, isMain, type Rule, treeOf } from "./rule.ts";
import {
  all,
  edited,
  type Found,
  type FunctionNode,
  insert,
  isFunction,
  nearest,
  replace,
  type Tree,
} from "./tree.ts";

/** What an answer is made of. */
const OF_ANSWERS = {
  codec: ["sensor", "value", "unit", "ts_ms"],
  detector: ["state", "findings", "phase", "severity", "text"],
  fault_detector: ["severity", "component", "message"],
  driver: ["state", "read", "list", "values", "name", "title", "unit", "value"],
} as const;
/** Other names for the same. */
const ALSO: Record<string, string> = {
  name: "sensor",
  tag: "sensor",
  id: "sensor",
  key: "sensor",
  measurement: "sensor",
  val: "value",
  units: "unit",
  ts: "ts_ms",
  time: "ts_ms",
  timestamp: "ts_ms",
  time_ms: "ts_ms",
  t_ms: "ts_ms",
  text: "message",
  level: "severity",
  payload: "text",
  message: "text",
  data: "text",
  body: "text",
  results: "findings",
  alerts: "findings",
};
const ALWAYS = new Set("length map filter forEach push split trim test match toString".split(" "));

export const MISSPELT_PROPERTY: Rule = {
  name: "property that exists",
  *candidates(broken) {
    if (!/runtime|shape/.test(broken.fault.type)) return;
    const tree = treeOf(broken);
    if (tree === null) return;
    yield* ofInputs(broken, tree);
    if (broken.fault.type === "shape") yield* ofAnswers(broken, tree);
    yield* ofMessages(broken, tree);
  },
};

/** Of what the function is given: `decode({ topic, txt })`, `message.txt`, `bytes` without `binary`. */
function* ofInputs({ kind, source }: Broken, tree: Tree): Iterable<Candidate> {
  const known = INPUTS[kind];
  if (known.length === 0) return;
  if (kind === "codec" && /\bbytes\b/.test(source) && !/export\s+const\s+binary\b/.test(source)) {
    yield {
      source: `export const binary = true;\n${source}`,
      text: "The codec asks for the bytes of its messages, which it reads",
    };
  }
  for (const found of tree.nodes) {
    if (!isFunction(found.node) || !isMain(kind, found as Found<FunctionNode>)) continue;
    const param = found.node.params[kind === "detector" ? 1 : 0];
    if (param?.type === "ObjectPattern") {
      for (const one of param.properties) {
        if (one.type !== "Property" || one.key.type !== "Identifier") continue;
        const { name } = one.key;
        if (known.includes(name)) continue;
        for (const other of meantBy(name, known)) {
          const edit = one.shorthand
            ? insert(one.key.start, `${other}: `)
            : replace(one.key, other);
          yield { source: edited(source, [edit]), text: sentence(name, other) };
        }
      }
    } else if (param?.type === "Identifier") {
      for (const { node } of all(tree, "MemberExpression")) {
        if (node.object.type !== "Identifier" || node.object.name !== param.name) continue;
        if (node.computed || node.property.type !== "Identifier") continue;
        const { name } = node.property;
        if (known.includes(name)) continue;
        for (const other of meantBy(name, known)) {
          yield* everywhere(tree, name, other);
        }
      }
    }
  }
}

function meantBy(name: string, known: readonly string[]): string[] {
  const also = ALSO[name.toLowerCase()];
  const near = nearNames(name, known);
  return also !== undefined && known.includes(also) ? [...near, also] : near;
}

/** Of what it answers: `{ sensr: "p", value }`. */
function* ofAnswers({ kind }: Broken, tree: Tree): Iterable<Candidate> {
  const known: readonly string[] = OF_ANSWERS[kind];
  const names = new Set(
    all(tree, "Property").flatMap(({ node, parent }) =>
      parent?.node.type === "ObjectExpression" && !node.computed &&
        node.key.type === "Identifier" &&
        !known.includes(node.key.name)
        ? [node.key.name]
        : []
    ),
  );
  for (const name of names) {
    for (const other of meantBy(name, known)) {
      const edits = all(tree, "Property").flatMap(({ node, parent }) =>
        parent?.node.type === "ObjectExpression" && node.key.type === "Identifier" &&
          node.key.name === name && !node.computed
          ? [node.shorthand ? insert(node.key.start, `${other}: `) : replace(node.key, other)]
          : []
      );
      yield { source: edited(tree.source, edits), text: sentence(name, other) };
    }
  }
}

/** Of the messages themselves: `m.temprature`, where they have a `temperature`. */
function* ofMessages({ keys, fault }: Broken, tree: Tree): Iterable<Candidate> {
  if (keys.length === 0) return;
  const read = nearest(all(tree, "MemberExpression"), fault.line).flatMap(({ node }) =>
    !node.computed && node.property.type === "Identifier"
      ? [node.property.name]
      : node.property.type === "Literal" && typeof node.property.value === "string"
      ? [node.property.value]
      : []
  );
  const taken = all(tree, "ObjectPattern").flatMap(({ node }) =>
    node.properties.flatMap((one) =>
      one.type === "Property" && one.key.type === "Identifier" ? [one.key.name] : []
    )
  );
  for (const name of new Set([...read, ...taken])) {
    if (keys.includes(name) || ALWAYS.has(name)) continue;
    for (const other of nearNames(name, keys).slice(0, 3)) yield* everywhere(tree, name, other);
  }
}

/** All that read it under one name read it under the other. */
function* everywhere(tree: Tree, name: string, other: string): Iterable<Candidate> {
  const isWord = /^[A-Za-z_$][\w$]*$/.test(other);
  const edits = tree.nodes.flatMap(({ node, parent }) => {
    if (node.type === "MemberExpression") {
      const { property } = node;
      if (property.type === "Identifier" && !node.computed && property.name === name) {
        if (isWord) return [replace(property, other)];
        const dot = tree.source.lastIndexOf(".", property.start);
        return [{ from: dot, to: property.end, text: `[${JSON.stringify(other)}]` }];
      }
      return property.type === "Literal" && property.value === name
        ? [replace(property, JSON.stringify(other))]
        : [];
    }
    if (node.type !== "Property" || parent?.node.type !== "ObjectPattern") return [];
    if (node.key.type !== "Identifier" || node.key.name !== name || node.computed) return [];
    const key = isWord ? other : JSON.stringify(other);
    return [node.shorthand ? insert(node.key.start, `${key}: `) : replace(node.key, key)];
  });
  if (edits.length > 0) yield { source: edited(tree.source, edits), text: sentence(name, other) };
}

const sentence = (name: string, other: string) =>
  `"${name}" was meant to be "${other}": nothing there is called ${name}`;
