/**
 * A small expression over sensors: numbers, names, `+ - * / % ^`, comparisons (1 or 0), `min max abs round if`.
 * It is read by the parser below and nothing else; how long, how deep and how much it may be is bounded.
 */
import { PerchError } from "../base/errors.ts";

export const EXPRESSION_MOST = 500;
const DEPTH_MOST = 32;
const PARTS_MOST = 200;

/** Gives the value for those of the names, in the order of the names. */
export type Evaluate = (values: readonly number[]) => number;

export interface Expression {
  evaluate: Evaluate;
  /** Names that stand in it, each once. */
  names: string[];
}

const FUNCTIONS: Record<string, { least: number; most: number; make(args: Evaluate[]): Evaluate }> =
  {
    min: { least: 1, most: 20, make: (args) => (v) => Math.min(...args.map((arg) => arg(v))) },
    max: { least: 1, most: 20, make: (args) => (v) => Math.max(...args.map((arg) => arg(v))) },
    abs: { least: 1, most: 1, make: ([a]) => (v) => Math.abs(a(v)) },
    round: { least: 1, most: 2, make: ([a, digits]) => (v) => rounded(a(v), digits?.(v) ?? 0) },
    if: { least: 3, most: 3, make: ([test, yes, no]) => (v) => test(v) !== 0 ? yes(v) : no(v) },
  };

/** By how tightly they bind, loosest first; those of one row from left to right. */
const BINARY: Record<string, (a: number, b: number) => number>[] = [
  {
    "==": (a, b) => Number(a === b),
    "!=": (a, b) => Number(a !== b),
    "<=": (a, b) => Number(a <= b),
    ">=": (a, b) => Number(a >= b),
    "<": (a, b) => Number(a < b),
    ">": (a, b) => Number(a > b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b },
];

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z_]\w*)|(<=|>=|==|!=|[-+*/%^<>(),=]))/iy;

interface Token {
  kind: "number" | "name" | "sign" | "end";
  text: string;
  at: number;
}

/** Half away from zero, as people round. */
function rounded(value: number, digits: number): number {
  const places = Math.min(Math.max(Math.trunc(digits), -9), 9);
  const scaled = Number(`${Math.abs(value)}e${places}`);
  if (!Number.isFinite(scaled)) return value;
  return Math.sign(value) * Number(`${Math.round(scaled)}e${-places}`);
}

/** @throws PerchError `validation` that says what is wrong, and where */
export function parseExpression(text: string, names: readonly string[]): Expression {
  if (text.length > EXPRESSION_MOST) {
    throw fault(`is longer than ${EXPRESSION_MOST} characters`);
  }
  return new Parser(tokensOf(text), names).whole();
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0;; at = TOKEN.lastIndex) {
    const found = TOKEN.exec(text);
    if (found === null) {
      const rest = text.slice(at).trimStart();
      const where = text.length - rest.length;
      if (rest !== "") throw fault(`"${rest.slice(0, 10)}" is not understood`, where);
      return [...tokens, { kind: "end", text: "", at: text.length }];
    }
    const [all, number, name, sign] = found;
    const token = number ?? name ?? sign;
    tokens.push({
      kind: number !== undefined ? "number" : name !== undefined ? "name" : "sign",
      text: token === "=" ? "==" : token,
      at: at + all.length - token.length,
    });
  }
}

class Parser {
  #at = 0;
  #depth = 0;
  #parts = 0;
  readonly #used = new Set<string>();

  constructor(private readonly tokens: Token[], private readonly names: readonly string[]) {}

  whole(): Expression {
    const evaluate = this.#level(0);
    const { kind, text, at } = this.#next;
    if (kind !== "end") throw fault(`"${text}" is not expected here`, at);
    return { evaluate, names: [...this.#used] };
  }

  get #next(): Token {
    return this.tokens[this.#at];
  }

  #took(sign: string): boolean {
    if (this.#next.kind !== "sign" || this.#next.text !== sign) return false;
    this.#at++;
    return true;
  }

  #level(level: number): Evaluate {
    if (level === BINARY.length) return this.#signed();
    let left = this.#level(level + 1);
    for (;;) {
      const { kind, text } = this.#next;
      const of = kind === "sign" && Object.hasOwn(BINARY[level], text) ? BINARY[level][text] : null;
      if (of === null) return left;
      this.#at++;
      this.#count();
      const [a, b] = [left, this.#level(level + 1)];
      left = (v) => of(a(v), b(v));
    }
  }

  /** `-2^2` is −4, as everywhere in mathematics. */
  #signed(): Evaluate {
    return this.#deeper(() => {
      if (this.#took("-")) {
        const of = this.#signed();
        return (v) => -of(v);
      }
      if (this.#took("+")) return this.#signed();
      const base = this.#single();
      if (!this.#took("^")) return base;
      const power = this.#signed();
      return (v) => base(v) ** power(v);
    });
  }

  #single(): Evaluate {
    this.#count();
    const token = this.#next;
    this.#at++;
    if (token.kind === "number") {
      const value = Number(token.text);
      return () => value;
    }
    if (token.kind === "name") return this.#named(token);
    if (token.text === "(") {
      const inside = this.#level(0);
      this.#expect(")");
      return inside;
    }
    throw token.kind === "end"
      ? fault("ends where a number or a name should stand", token.at)
      : fault(`"${token.text}" is not expected here`, token.at);
  }

  #named({ text, at }: Token): Evaluate {
    const name = text.toLowerCase();
    if (this.#took("(")) return this.#call(name, at);
    const index = this.names.findIndex((one) => one.toLowerCase() === name);
    if (index < 0) {
      const known = this.names.join(", ") || "none yet";
      throw fault(`there is no input named "${text.slice(0, 40)}"; the names are: ${known}`, at);
    }
    this.#used.add(this.names[index]);
    return (v) => v[index];
  }

  #call(name: string, at: number): Evaluate {
    if (!Object.hasOwn(FUNCTIONS, name)) {
      const known = Object.keys(FUNCTIONS).join(", ");
      throw fault(`there is no function "${name.slice(0, 40)}"; there are: ${known}`, at);
    }
    const { least, most, make } = FUNCTIONS[name];
    const args: Evaluate[] = [];
    do args.push(this.#level(0)); while (this.#took(","));
    this.#expect(")");
    if (args.length >= least && args.length <= most) return make(args);
    const many = least === most ? `${least}` : `${least} to ${most}`;
    throw fault(`${name} takes ${many} values, not ${args.length}`, at);
  }

  #expect(sign: string): void {
    if (!this.#took(sign)) throw fault(`"${sign}" is missing`, this.#next.at);
  }

  #count(): void {
    if (++this.#parts > PARTS_MOST) throw fault(`has more than ${PARTS_MOST} parts`);
  }

  #deeper(of: () => Evaluate): Evaluate {
    if (++this.#depth > DEPTH_MOST) {
      throw fault(`is nested deeper than ${DEPTH_MOST} levels`, this.#next.at);
    }
    const inside = of();
    this.#depth--;
    return inside;
  }
}

function fault(what: string, at?: number): PerchError {
  const message = at === undefined ? what : `${what} (character ${at + 1})`;
  return new PerchError("validation", `expression: ${message}`, {
    errors: [{ path: "expression", message }],
  });
}
