/** What a script has to export is missing, or stands under another name. */
import type { AnyNode } from "acorn";
import { nearNames } from "./near.ts";
import { type Broken, type Candidate, EXPORTS, type Rule, treeOf } from "./rule.ts";
import { all, edited, insert, programOf, replace, textOf, type Tree } from "./tree.ts";

/** `export { decod }`, where nothing is called that. */
export const EXPORTED_NAME: Rule = {
  name: "export of what there is",
  blind: true,
  *candidates({ source, fault }) {
    const unreadable = fault.type === "syntax" ? programOf(source) : null;
    if (unreadable === null || !("at" in unreadable)) return;
    const name = /Export '([\w$]+)' is not defined/.exec(unreadable.message)?.[1];
    if (name === undefined) return;
    const declared = [...source.matchAll(/\b(?:function|const|let|var|class)\s+([\w$]+)/g)];
    for (const other of nearNames(name, declared.map(([, found]) => found))) {
      const end = unreadable.at + name.length;
      yield {
        source: edited(source, [{ from: unreadable.at, to: end, text: other }]),
        text: `"${name}" was meant to be "${other}": nothing is called ${name}`,
      };
    }
  },
};

interface Declared {
  name: string;
  /** The declaration, or the export around it. */
  node: AnyNode;
  isExported: boolean;
  isFunction: boolean;
}

export const MISSING_EXPORT: Rule = {
  name: "export under its right name",
  blind: true,
  *candidates(broken) {
    const tree = treeOf(broken);
    if (tree === null || !/contract|runtime/.test(broken.fault.type)) return;
    yield* ofModule(broken, tree);
    if (broken.fault.type !== "contract") return;
    const { call, list } = EXPORTS[broken.kind];
    const declared = declaredIn(tree);
    const given = new Set(declared.filter(({ isExported }) => isExported).map(({ name }) => name));
    yield* byDefault(tree, call);
    for (const wanted of [call, ...(list === null ? [] : [list])]) {
      if (given.has(wanted)) continue;
      yield* renamed(tree, declared, wanted, wanted === call);
    }
    if (list !== null) yield* listed(tree, list);
  },
};

function declaredIn({ program }: Tree): Declared[] {
  return program.body.flatMap((node): Declared[] => {
    const isExported = node.type === "ExportNamedDeclaration";
    const inner = isExported ? node.declaration : node;
    if (inner?.type === "FunctionDeclaration") {
      return [{ name: inner.id!.name, node, isExported, isFunction: true }];
    }
    if (inner?.type !== "VariableDeclaration") return [];
    return inner.declarations.flatMap(({ id, init }) =>
      id.type !== "Identifier" ? [] : [{
        name: id.name,
        node,
        isExported,
        isFunction: /Function/.test(init?.type ?? ""),
      }]
    );
  });
}

/** `export default function …` → `export function decode`. */
function* byDefault(tree: Tree, call: string): Iterable<Candidate> {
  for (const { node } of all(tree, "ExportDefaultDeclaration")) {
    const { declaration } = node;
    const text = `${call} is exported under its name, and not as the default`;
    if (declaration.type === "Identifier") {
      const as = declaration.name === call ? call : `${declaration.name} as ${call}`;
      yield { source: edited(tree.source, [replace(node, `export { ${as} };`)]), text };
    } else if (declaration.type === "FunctionDeclaration") {
      const params = tree.source.slice(declaration.start).search(/\(/) + declaration.start;
      const lead = `export ${declaration.async ? "async " : ""}function ${call}`;
      yield { source: edited(tree.source, [{ from: node.start, to: params, text: lead }]), text };
    } else {
      const body = textOf(tree, declaration);
      yield {
        source: edited(tree.source, [replace(node, `export const ${call} = ${body};`)]),
        text,
      };
    }
  }
}

/** The one that was meant gets `export`, its name, or both. */
function* renamed(
  tree: Tree,
  declared: readonly Declared[],
  wanted: string,
  isFunction: boolean,
): Iterable<Candidate> {
  const fitting = declared.filter((one) => one.isFunction === isFunction);
  const near = nearNames(wanted, fitting.map(({ name }) => name));
  const alike = fitting.map(({ name }) => name).filter((name) =>
    name.toLowerCase().includes(wanted.toLowerCase()) || wanted.includes(name.toLowerCase())
  );
  const only = fitting.filter(({ isExported }) => isExported).map(({ name }) => name);
  const names = [wanted, ...near, ...alike, ...(only.length === 1 ? only : [])];
  for (const name of new Set(names)) {
    const one = fitting.find((declared) => declared.name === name);
    if (one === undefined) continue;
    const edits = one.isExported ? [] : [insert(one.node.start, "export ")];
    if (name !== wanted) edits.push(...renaming(tree, name, wanted));
    const text = name === wanted
      ? `${wanted} is exported: before, nobody could call it`
      : `${wanted} has the name by which Perch looks for it: it was called ${name}`;
    if (edits.length > 0) yield { source: edited(tree.source, edits), text };
  }
}

/** Every place where a name of the script's own is used. */
function renaming(tree: Tree, from: string, to: string) {
  return all(tree, "Identifier").flatMap(({ node, parent }) => {
    if (node.name !== from) return [];
    const around = parent?.node;
    const isProperty = around?.type === "MemberExpression" && around.property === node &&
      !around.computed;
    const isKey = around?.type === "Property" && around.key === node && !around.computed;
    if (isKey && around.shorthand) {
      return around.value === node ? [] : [replace(node, `${from}: ${to}`)];
    }
    return isProperty || isKey ? [] : [replace(node, to)];
  });
}

/** One text where a list of them is wanted. */
function* listed(tree: Tree, list: string): Iterable<Candidate> {
  for (const { node } of all(tree, "VariableDeclarator")) {
    if (node.id.type !== "Identifier" || node.id.name !== list || !node.init) continue;
    if (node.init.type === "ArrayExpression") continue;
    yield {
      source: edited(tree.source, [insert(node.init.start, "["), insert(node.init.end, "]")]),
      text: `${list} is a list, of one`,
    };
  }
}

/** `module.exports = { decode, topics }`, as Node.js writes it. */
function* ofModule({ kind, fault }: Broken, tree: Tree): Iterable<Candidate> {
  if (!/'?(module|exports)'? is not defined/.test(fault.message)) return;
  const edits = all(tree, "ExpressionStatement").flatMap(({ node, parent }) => {
    const { expression } = node;
    if (parent?.node.type !== "Program" || expression.type !== "AssignmentExpression") return [];
    const target = textOf(tree, expression.left).replace(/^module\./, "");
    const value = expression.right;
    const name = /^exports\.([\w$]+)$/.exec(target)?.[1];
    if (name !== undefined) return [replace(node, exportOf(name, textOf(tree, value)))];
    if (target !== "exports") return [];
    if (value.type !== "ObjectExpression") {
      return [replace(node, exportOf(EXPORTS[kind].call, textOf(tree, value)))];
    }
    const lines = value.properties.flatMap((one) =>
      one.type === "Property" && one.key.type === "Identifier"
        ? [exportOf(one.key.name, methodText(tree, one))]
        : []
    );
    return [replace(node, lines.join("\n"))];
  });
  if (edits.length === 0) return;
  yield {
    source: edited(tree.source, edits),
    text: "What it gives is exported as modules of JavaScript do",
  };
}

function methodText(tree: Tree, one: AnyNode & { type: "Property" }): string {
  const text = textOf(tree, one.value);
  return one.method ? `function ${text}` : text;
}

function exportOf(name: string, value: string): string {
  return value === name ? `export { ${name} };` : `export const ${name} = ${value};`;
}
