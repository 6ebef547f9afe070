/** A constant that is given another value, or a name that is declared twice. */
import { type Rule, treeOf } from "./rule.ts";
import { all, edited, programOf } from "./tree.ts";

const READ_ONLY = /'([\w$]+)' is read-only|assignment to constant variable/i;
const TWICE = /'([\w$]+)' has already been declared/i;

export const CONSTANTS: Rule = {
  name: "variable instead of a constant",
  blind: true,
  *candidates(broken) {
    const { source, fault } = broken;
    const read = READ_ONLY.exec(fault.message);
    const tree = read === null ? null : treeOf(broken);
    if (read === null || tree === null) return;
    const declared = all(tree, "VariableDeclaration").filter(({ node }) =>
      node.kind === "const" &&
      node.declarations.some(({ id }) =>
        id.type !== "Identifier" || read[1] === undefined || id.name === read[1]
      )
    );
    for (const { node } of declared) {
      yield {
        source: edited(source, [{
          from: node.start,
          to: node.start + "const".length,
          text: "let",
        }]),
        text: `${
          read[1] ?? "What is given another value"
        } is a variable: it was declared as a constant`,
      };
    }
  },
};

/** The second declaration gives the first another value. */
export const DECLARED_TWICE: Rule = {
  name: "declared twice",
  blind: true,
  *candidates({ source, fault }) {
    const unreadable = fault.type === "syntax" ? programOf(source) : null;
    if (unreadable === null || !("at" in unreadable)) return;
    const name = TWICE.exec(unreadable.message)?.[1];
    if (name === undefined) return;
    const declared = [...source.matchAll(
      new RegExp(`(?<![\\w$.])(const|let|var)(\\s+)${name.replaceAll("$", "\\$")}(?=\\s*=)`, "g"),
    )];
    if (declared.length < 2) return;
    const [first, ...others] = declared;
    yield {
      source: edited(source, [
        { from: first.index, to: first.index + first[1].length, text: "let" },
        ...others.map((one) => ({
          from: one.index,
          to: one.index + one[1].length + one[2].length,
          text: "",
        })),
      ]),
      text: `${name} is declared once and given another value later`,
    };
  },
};
