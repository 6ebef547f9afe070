import { FILTERS } from "./filters.ts";
import { FUNCTIONS } from "./functions.ts";
import { METHODS } from "./methods.ts";
import { TESTS } from "./predicates.ts";
import type { Token } from "./tokens.ts";
import {
  type Args,
  argsOf,
  type Binary,
  type Comparison,
  type Node,
  node,
  Unsupported,
} from "./tree.ts";
import { float, type Value } from "./values.ts";

const CONSTANTS = new Map<string, Value>([
  ...["true", "True"].map((name) => [name, true] as const),
  ...["false", "False"].map((name) => [name, false] as const),
  ...["none", "None"].map((name) => [name, null] as const),
]);
/** What templates of Home Assistant may ask of it, and Perch does not have. */
const HOMES_OWN = new Set(["this", "states", "trigger", "state_attr", "is_state", "loop"]);
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const ENDS_TEST: ReadonlySet<string> = new Set(["else", "or", "and", "if", "in", "not", "is"]);
/** Brackets and conditions within each other, as the parser calls itself for each. */
const NESTED_MOST = 60;

/** Reads the expression of one mark, by the precedence of Jinja. Every method throws `Unsupported`. */
export class ExpressionParser {
  #at = 0;
  #nested = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** The expression up to the end of the mark. */
  whole(): Node {
    const value = this.#choice();
    this.end();
    return value;
  }

  end(): void {
    const { kind, text } = this.#token;
    if (kind !== "end") throw new Unsupported(`${JSON.stringify(text)} is not expected`);
  }

  name(): string {
    const { kind, text } = this.#token;
    if (kind !== "name") throw new Unsupported("a name is missing");
    this.#at++;
    return text;
  }

  /** Whether this sign is next; it is passed then. */
  takes(sign: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== "op" || text !== sign) return false;
    this.#at++;
    return true;
  }

  get #token(): Token {
    return this.tokens[this.#at];
  }

  #takesWord(word: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== "name" || text !== word) return false;
    this.#at++;
    return true;
  }

  #needs(sign: string): void {
    if (!this.takes(sign)) throw new Unsupported(`a ${sign} is missing`);
  }

  /** `a if b else c`, which everything in brackets may be. */
  #choice(): Node {
    if (++this.#nested > NESTED_MOST) throw new Unsupported("it is nested too deeply");
    let value = this.#or();
    while (this.#takesWord("if")) {
      const test = this.#or();
      const no = this.#takesWord("else") ? this.#choice() : null;
      value = node({ kind: "choice", test, yes: value, no }, test, value, no);
    }
    this.#nested--;
    return value;
  }

  #or(): Node {
    let left = this.#and();
    while (this.#takesWord("or")) {
      const right = this.#and();
      left = node({ kind: "or", left, right }, left, right);
    }
    return left;
  }

  #and(): Node {
    let left = this.#not();
    while (this.#takesWord("and")) {
      const right = this.#not();
      left = node({ kind: "and", left, right }, left, right);
    }
    return left;
  }

  #not(): Node {
    let nots = 0;
    while (this.#takesWord("not")) nots++;
    let of = this.#compare();
    for (; nots > 0; nots--) of = node({ kind: "not", of }, of);
    return of;
  }

  #compare(): Node {
    const first = this.#sum();
    const rest: [Comparison, Node][] = [];
    for (let op = this.#comparison(); op !== null; op = this.#comparison()) {
      rest.push([op, this.#sum()]);
    }
    if (rest.length === 0) return first;
    return node({ kind: "compare", first, rest }, first, ...rest.map(([, right]) => right));
  }

  #comparison(): Comparison | null {
    const { kind, text } = this.#token;
    if (kind === "op" && COMPARISONS.has(text)) {
      this.#at++;
      return text as Comparison;
    }
    if (this.#takesWord("in")) return "in";
    const next = this.tokens[this.#at + 1];
    if (kind !== "name" || text !== "not" || next?.kind !== "name" || next.text !== "in") {
      return null;
    }
    this.#at += 2;
    return "not in";
  }

  #sum(): Node {
    return this.#binary(
      ["+", "-"],
      () =>
        this.#binary(
          ["~"],
          () =>
            this.#binary(
              ["*", "/", "//", "%"],
              () => this.#binary(["**"], () => this.#unary(true)),
            ),
        ),
    );
  }

  #binary(ops: readonly Binary[], operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const op = ops.find((one) => this.takes(one));
      if (op === undefined) return left;
      const right = operand();
      left = node({ kind: "binary", op, left, right }, left, right);
    }
  }

  #unary(filters: boolean): Node {
    const kind = this.takes("-") ? "minus" : this.takes("+") ? "plus" : null;
    let value: Node;
    if (kind === null) value = this.#postfix(this.#primary());
    else {
      if (++this.#nested > NESTED_MOST) throw new Unsupported("it is nested too deeply");
      const of = this.#unary(false);
      this.#nested--;
      value = node({ kind, of }, of);
    }
    return filters ? this.#filters(value) : value;
  }

  #primary(): Node {
    const token = this.#token;
    this.#at++;
    switch (token.kind) {
      case "string": {
        let text = token.text;
        while (this.#token.kind === "string") text += this.tokens[this.#at++].text;
        return node({ kind: "constant", value: text });
      }
      case "int":
        return node({ kind: "constant", value: token.value });
      case "float":
        return node({ kind: "constant", value: float(token.value) });
      case "name":
        return this.#named(token.text);
      case "op":
        if (token.text === "(") return this.#inBrackets();
        if (token.text === "[") {
          const items = this.#items("]");
          return node({ kind: "list", items }, ...items);
        }
        if (token.text === "{") return this.#dict();
    }
    throw new Unsupported(
      token.kind === "end" ? "an expression is missing" : `${token.text} is not expected`,
    );
  }

  #named(name: string): Node {
    if (CONSTANTS.has(name)) return node({ kind: "constant", value: CONSTANTS.get(name) });
    if (this.takes("(")) {
      if (!FUNCTIONS.has(name)) throw new Unsupported(`${name}() is not known`);
      const args = this.#args();
      return node({ kind: "call", name, args }, ...argsOf(args));
    }
    if (HOMES_OWN.has(name)) throw new Unsupported(`${name} is not known`);
    return node({ kind: "name", name });
  }

  #inBrackets(): Node {
    const value = this.#choice();
    if (this.takes(")")) return value;
    // A tuple, which is as good as a list.
    this.#needs(",");
    const items = [value, ...this.#items(")")];
    return node({ kind: "list", items }, ...items);
  }

  #items(close: string): Node[] {
    const items: Node[] = [];
    while (!this.takes(close)) {
      items.push(this.#choice());
      if (this.takes(close)) break;
      this.#needs(",");
    }
    return items;
  }

  #dict(): Node {
    const entries: [Node, Node][] = [];
    while (!this.takes("}")) {
      const key = this.#choice();
      this.#needs(":");
      entries.push([key, this.#choice()]);
      if (this.takes("}")) break;
      this.#needs(",");
    }
    return node({ kind: "dict", entries }, ...entries.flat());
  }

  #postfix(start: Node): Node {
    let value = start;
    for (;;) {
      if (this.takes(".")) value = this.#attribute(value);
      else if (this.takes("[")) value = this.#subscript(value);
      else if (this.takes("(")) throw new Unsupported("a call of this form is not known");
      else return value;
    }
  }

  #attribute(of: Node): Node {
    const token = this.#token;
    this.#at++;
    if (token.kind === "int") {
      const key = node({ kind: "constant", value: token.value });
      return node({ kind: "item", of, key }, of);
    }
    if (token.kind !== "name") throw new Unsupported("a name is missing after the point");
    const name = token.text;
    if (!this.takes("(")) return node({ kind: "attribute", of, name }, of);
    if (!METHODS.has(name)) throw new Unsupported(`.${name}() is not known`);
    const args = this.#args();
    return node({ kind: "method", of, name, args }, of, ...argsOf(args));
  }

  #subscript(of: Node): Node {
    const part = () => this.#isAt(":") || this.#isAt("]") ? null : this.#choice();
    const first = part();
    if (this.takes("]")) {
      if (first === null) throw new Unsupported("an index is missing");
      return node({ kind: "item", of, key: first }, of, first);
    }
    this.#needs(":");
    const to = part();
    const step = this.takes(":") ? part() : null;
    this.#needs("]");
    return node({ kind: "slice", of, from: first, to, step }, of, first, to, step);
  }

  #isAt(sign: string): boolean {
    const { kind, text } = this.#token;
    return kind === "op" && text === sign;
  }

  /** Arguments up to the closing bracket. */
  #args(): Args {
    const args: Args = { positional: [], named: [] };
    while (!this.takes(")")) {
      const { kind, text } = this.#token;
      const next = this.tokens[this.#at + 1];
      if (kind === "name" && next?.kind === "op" && next.text === "=") {
        this.#at += 2;
        args.named.push([text, this.#choice()]);
      } else args.positional.push(this.#choice());
      if (this.takes(")")) break;
      this.#needs(",");
    }
    return args;
  }

  #filters(start: Node): Node {
    let value = start;
    for (;;) {
      if (this.takes("|")) {
        const name = this.name();
        if (!FILTERS.has(name)) throw new Unsupported(`the filter ${name} is not known`);
        const args = this.takes("(") ? this.#args() : { positional: [], named: [] };
        value = node({ kind: "filter", of: value, name, args }, value, ...argsOf(args));
      } else if (this.#takesWord("is")) value = this.#test(value);
      else return value;
    }
  }

  #test(of: Node): Node {
    const not = this.#takesWord("not");
    const token = this.#token;
    const name = token.kind === "op" && COMPARISONS.has(token.text)
      ? this.tokens[this.#at++].text
      : this.name();
    if (!TESTS.has(name)) throw new Unsupported(`the test ${name} is not known`);
    const args = this.#testArgs();
    return node({ kind: "test", of, name, not, args }, of, ...argsOf(args));
  }

  /** `is divisibleby(3)`, `is divisibleby 3`. */
  #testArgs(): Args {
    if (this.takes("(")) return this.#args();
    const { kind, text } = this.#token;
    const follows = kind === "string" || kind === "int" || kind === "float" ||
      (kind === "name" && !ENDS_TEST.has(text)) ||
      (kind === "op" && (text === "[" || text === "{"));
    return { positional: follows ? [this.#postfix(this.#primary())] : [], named: [] };
  }
}
