/**
 * A script that cannot be read. One sign is added, left out or exchanged near the place where reading ended; of the
 * texts that can be read then, those come first whose brackets close where their indentation says.
 */
import type { Broken, Candidate, Rule, Thinking } from "./rule.ts";
import { guesses } from "./syntax_guesses.ts";
import { edited, programOf, read, type Tree, type Unreadable } from "./tree.ts";

/** Texts that are read before it is given up. */
const MOST_READ = 1500;
/** The same in time: a long script takes longer to read. */
const MOST_MS = 4_000;
const MOST_GIVEN = 12;
/** A block that is not closed is noticed at the end of the script only. */
const FAR_MOST = 3;

export const SYNTAX: Rule = {
  name: "missing or surplus sign",
  blind: true,
  *candidates(broken) {
    if (broken.fault.type !== "syntax") return;
    const unreadable = programOf(broken.source);
    if (!("at" in unreadable)) return;
    yield* readable(broken, unreadable);
  },
};

function* readable(
  { source }: Broken,
  unreadable: Unreadable,
): Iterable<Candidate | Thinking> {
  const found: (Candidate & { cost: number })[] = [];
  const untilMs = performance.now() + MOST_MS;
  let reads = 0;
  for (const { edits, text, cost } of guesses(source, unreadable)) {
    if (++reads > MOST_READ || performance.now() > untilMs) break;
    if (reads % 2 === 0) yield null;
    const mended = edited(source, edits);
    // Reading is what costs: the tree is made of those alone that can be read.
    if ("at" in programOf(mended)) continue;
    const far = Math.min(...edits.map(({ from }) => Math.abs(from - unreadable.at)));
    const away = Math.min(far / 40, FAR_MOST);
    found.push({ source: mended, text, cost: cost + away + 20 * crooked(mended) });
  }
  for (const { source, text } of found.sort((a, b) => a.cost - b.cost).slice(0, MOST_GIVEN)) {
    yield { source, text };
  }
}

/** How many brackets close at another indentation than the line begins with that opened them. */
function crooked(source: string): number {
  const tree = read(source);
  return "at" in tree ? 0 : crookedOf(tree);
}

const BRACKETED = /^(BlockStatement|ObjectExpression|ArrayExpression|ClassBody|CallExpression)$/;

function crookedOf({ source, nodes }: Tree): number {
  const lines = source.split("\n");
  const indent = (line: number) => /^[ \t]*/.exec(lines[line - 1])![0].length;
  let count = 0;
  for (const { node, parent } of nodes) {
    const { start, end } = node.loc!;
    if (BRACKETED.test(node.type) && start.line !== end.line) {
      const first = lines[end.line - 1].trimStart();
      const closesFirst = /^[\])}]/.test(first);
      // A block that ends behind other things of its line ends where nobody would write it.
      if (node.type === "BlockStatement" && !closesFirst) count++;
      else if (closesFirst && indent(start.line) !== indent(end.line)) count++;
    }
    if (node.type === "BlockStatement" || node.type === "Program") {
      const begins = node.body.map(({ loc }) => loc!.start)
        .filter(({ line, column }) => lines[line - 1].slice(0, column).trim() === "");
      count += begins.filter(({ column }, i) => i > 0 && column !== begins[i - 1].column).length;
    }
    // What stands in a block stands deeper than the line that opened it.
    if (parent?.node.type === "BlockStatement" && /Statement|Declaration/.test(node.type)) {
      const opened = parent.node.loc!.start.line;
      const own = lines[start.line - 1].slice(0, start.column).trim() === "";
      if (own && start.line !== opened && indent(start.line) <= indent(opened)) count++;
    }
  }
  return count;
}
