import { ExpressionParser } from "./expressions.ts";
import { cut, type Piece } from "./tokens.ts";
import { type Node, type Statement, Unsupported } from "./tree.ts";

/** Statements within statements. */
const NESTED_MOST = 20;

/**
 * Reads a template into its tree.
 * @throws Unsupported
 */
export function parse(source: string): Statement[] {
  const reader = new Reader(cut(source));
  const body = reader.body(0);
  if (reader.ended !== null) throw new Unsupported(`{% ${reader.ended.word} %} stands alone`);
  return body;
}

/** Reads the pieces of a template one after the other. */
class Reader {
  #at = 0;
  /** The statement that ended the latest body. */
  ended: { word: string; expressions: ExpressionParser } | null = null;

  constructor(private readonly pieces: readonly Piece[]) {}

  body(depth: number): Statement[] {
    if (depth > NESTED_MOST) throw new Unsupported("it is nested too deeply");
    const out: Statement[] = [];
    this.ended = null;
    while (this.#at < this.pieces.length) {
      const piece = this.pieces[this.#at++];
      if (piece.kind === "text") {
        out.push(piece);
        continue;
      }
      const expressions = new ExpressionParser(piece.tokens);
      if (piece.kind === "print") {
        out.push({ kind: "print", value: expressions.whole() });
        continue;
      }
      const word = expressions.name();
      if (word === "if") out.push(this.#if(expressions.whole(), depth));
      else if (word === "set") out.push(set(expressions));
      else if (word === "elif" || word === "else" || word === "endif") {
        this.ended = { word, expressions };
        return out;
      } else throw new Unsupported(`{% ${word} %} is not known`);
    }
    return out;
  }

  #if(first: Node, depth: number): Statement {
    const branches: { test: Node | null; body: Statement[] }[] = [];
    let test: Node | null = first;
    for (;;) {
      const body = this.body(depth + 1);
      branches.push({ test, body });
      const { word, expressions } = this.#end();
      if (word === "endif") {
        expressions.end();
        return { kind: "if", branches };
      }
      if (test === null) throw new Unsupported(`{% ${word} %} comes after {% else %}`);
      test = word === "elif" ? expressions.whole() : null;
      if (test === null) expressions.end();
    }
  }

  #end() {
    if (this.ended === null) throw new Unsupported("an {% if %} does not end");
    const { ended } = this;
    this.ended = null;
    return ended;
  }
}

function set(expressions: ExpressionParser): Statement {
  const name = expressions.name();
  if (!expressions.takes("=")) throw new Unsupported("this form of {% set %} is not known");
  return { kind: "set", name, value: expressions.whole() };
}
