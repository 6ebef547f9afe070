import { Budget, Given, type Pool } from "./budget.ts";
import { compared } from "./compare.ts";
import { FILTERS } from "./filters.ts";
import { FUNCTIONS, isIn } from "./functions.ts";
import { METHODS } from "./methods.ts";
import { arithmetic } from "./numbers.ts";
import { printf } from "./printf.ts";
import { TESTS } from "./predicates.ts";
import { textOf } from "./text.ts";
import type { Args, Comparison, Node, Statement } from "./tree.ts";
import {
  Dict,
  equal,
  Failure,
  float,
  isFloat,
  isJson,
  isNumber,
  isTrue,
  item,
  numeric,
  type Value,
} from "./values.ts";

/** What a template may ask for: `value`, `value_json`. */
export type Names = (name: string) => Value;

/**
 * The text of a template, without blanks around it.
 * @throws Failure
 */
export function rendered(statements: readonly Statement[], names: Names, pool?: Pool): string {
  const run = new Run(names, pool);
  run.all(statements);
  return run.text.trim();
}

class Run {
  text = "";
  readonly #budget: Budget;
  readonly #set = new Map<string, Value>();

  constructor(private readonly names: Names, pool?: Pool) {
    this.#budget = new Budget(pool);
  }

  all(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.#budget.spend();
      if (statement.kind === "text") this.#print(statement.text);
      else if (statement.kind === "print") this.#print(textOf(this.#of(statement.value)));
      else if (statement.kind === "set") this.#set.set(statement.name, this.#of(statement.value));
      else {
        const branch = statement.branches.find(({ test }) =>
          test === null || isTrue(this.#of(test))
        );
        if (branch !== undefined) this.all(branch.body);
      }
    }
  }

  #print(text: string): void {
    this.#budget.long(text.length);
    this.text += text;
    this.#budget.long(this.text.length / 64);
  }

  #of(node: Node): Value {
    this.#budget.spend();
    switch (node.kind) {
      case "constant":
        return node.value;
      case "name":
        return this.#set.has(node.name) ? this.#set.get(node.name) : this.names(node.name);
      case "attribute":
        return attribute(this.#of(node.of), node.name);
      case "item":
        return this.#item(this.#of(node.of), this.#of(node.key));
      case "slice":
        return this.#slice(node);
      case "list":
        return node.items.map((one) => this.#of(one));
      case "dict":
        return this.#dict(node.entries);
      case "method":
        return this.#method(this.#of(node.of), node.name, node.args);
      case "call":
        return this.#budget.value(known(FUNCTIONS, node.name)(this.#given([], node.args)));
      case "filter":
        return this.#budget.value(
          known(FILTERS, node.name)(this.#given([this.#of(node.of)], node.args)),
        );
      case "test":
        return this.#test(node);
      case "minus":
      case "plus":
        return signed(node.kind, this.#of(node.of));
      case "not":
        return !isTrue(this.#of(node.of));
      case "binary":
        return this.#budget.value(
          this.#binary(node.op, this.#of(node.left), this.#of(node.right)),
        );
      case "compare":
        return this.#compare(node.first, node.rest);
      case "and": {
        const left = this.#of(node.left);
        return isTrue(left) ? this.#of(node.right) : left;
      }
      case "or": {
        const left = this.#of(node.left);
        return isTrue(left) ? left : this.#of(node.right);
      }
      case "choice":
        if (isTrue(this.#of(node.test))) return this.#of(node.yes);
        return node.no === null ? undefined : this.#of(node.no);
    }
  }

  #item(of: Value, key: Value): Value {
    this.#key(key);
    return item(of, key);
  }

  #key(key: Value): void {
    if (typeof key === "string") this.#budget.long(key.length);
  }

  #dict(entries: readonly [Node, Node][]): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(this.#of(key), this.#of(value));
    return dict;
  }

  #given(first: readonly Value[], { positional, named }: Args): Given {
    const values = [...first, ...positional.map((one) => this.#of(one))];
    const byName = new Map(named.map(([name, one]) => [name, this.#of(one)]));
    return new Given(values, byName, this.#budget);
  }

  #method(of: Value, name: string, args: Args): Value {
    if (of === undefined) throw new Failure("something of what is missing is asked for");
    return this.#budget.value(known(METHODS, name)(of, this.#given([], args)));
  }

  #test({ of, name, not, args }: Extract<Node, { kind: "test" }>): boolean {
    const value = this.#of(of);
    const given = this.#given([value], args);
    return known(TESTS, name)(value, given.get(1, "other"), given) !== not;
  }

  #slice({ of, from, to, step }: Extract<Node, { kind: "slice" }>): Value {
    const value = this.#of(of);
    const at = (node: Node | null) => {
      const found = node === null ? null : this.#of(node);
      if (found === null) return undefined;
      if (!isNumber(found) || isFloat(found)) throw new Failure("a slice needs whole numbers");
      return numeric(found);
    };
    if (typeof value !== "string" && !Array.isArray(value)) {
      if (value === undefined) throw new Failure("something of what is missing is asked for");
      return undefined;
    }
    const [start, end, by] = [at(from), at(to), at(step) ?? 1];
    if (by !== 1) throw new Failure("a slice with steps is not known");
    return this.#budget.value(value.slice(start, end));
  }

  #binary(op: string, left: Value, right: Value): Value {
    if (op === "~") return this.#joined(textOf(left), textOf(right));
    if (op === "+") {
      if (typeof left === "string" && typeof right === "string") return this.#joined(left, right);
      if (Array.isArray(left) && Array.isArray(right)) {
        this.#budget.long(left.length + right.length);
        return [...left, ...right];
      }
    }
    if (op === "*") {
      if (typeof left === "string" || Array.isArray(left)) return this.#repeated(left, right);
      if (typeof right === "string" || Array.isArray(right)) return this.#repeated(right, left);
    }
    if (op === "%" && typeof left === "string") {
      return printf(left, Array.isArray(right) ? right : [right], this.#budget);
    }
    return arithmetic(op, left, right);
  }

  #joined(left: string, right: string): string {
    this.#budget.long(left.length + right.length);
    return left + right;
  }

  #repeated(what: string | readonly Value[], times: Value): Value {
    if (!isNumber(times) || isFloat(times)) throw new Failure("it repeats by no whole number");
    const n = Math.max(0, numeric(times));
    this.#budget.long(what.length * n);
    // Of nothing any number is nothing.
    if (what.length === 0) return what;
    return typeof what === "string" ? what.repeat(n) : Array(n).fill(what).flat();
  }

  #compare(first: Node, rest: readonly [Comparison, Node][]): boolean {
    let left = this.#of(first);
    for (const [op, node] of rest) {
      const right = this.#of(node);
      this.#weigh(left);
      this.#weigh(right);
      if (!holds(op, left, right)) return false;
      left = right;
    }
    return true;
  }

  /** Comparing looks at all of a value. */
  #weigh(value: Value): void {
    if (typeof value === "string") this.#budget.long(value.length);
    else if (Array.isArray(value)) this.#budget.each(value.length);
    else if (isJson(value)) this.#budget.each(Object.keys(value).length);
  }
}

/** The parser has looked that it is there. */
function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Failure(`${name} is not known`);
  return found;
}

function attribute(of: Value, name: string): Value {
  // Texts, lists and numbers have methods alone.
  if (typeof of === "string" || Array.isArray(of)) return undefined;
  return item(of, name);
}

function signed(sign: "minus" | "plus", of: Value): Value {
  if (!isNumber(of)) throw new Failure("a sign needs a number");
  if (sign === "plus") return typeof of === "boolean" ? Number(of) : of;
  if (isFloat(of)) return float(-numeric(of));
  return 0 - numeric(of);
}

function holds(op: Comparison, left: Value, right: Value): boolean {
  switch (op) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "in":
      return isIn(left, right);
    case "not in":
      return !isIn(left, right);
    case "<":
      return compared(left, right) < 0;
    case "<=":
      return compared(left, right) <= 0;
    case ">":
      return compared(left, right) > 0;
    case ">=":
      return compared(left, right) >= 0;
  }
}
