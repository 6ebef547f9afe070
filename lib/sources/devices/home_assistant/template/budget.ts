import { Failure, LONG_MOST, type Value } from "./values.ts";

/** Most steps of one evaluation. */
export const STEPS_MOST = 10_000;
/** So many characters are one more step. */
const PER_STEP = 64;
/** So many items that are looked at one by one. */
const ITEMS_PER_STEP = 8;

/** What the templates of one message share: hundreds of them may read it. */
export interface Pool {
  left: number;
}

/** Ends an evaluation that does not end by itself. */
export class Budget {
  #left = STEPS_MOST;

  constructor(private readonly pool: Pool = { left: STEPS_MOST }) {}

  spend(steps = 1): void {
    this.#left -= steps;
    this.pool.left -= steps;
    if (this.#left < 0 || this.pool.left < 0) {
      throw new Failure("the template takes too many steps");
    }
  }

  /** A text or list of this length is made or looked through. */
  long(length: number): void {
    if (length > LONG_MOST) throw new Failure("a text or list becomes too long");
    this.spend(Math.ceil(length / PER_STEP));
  }

  /** Each of so many items is looked at. */
  each(items: number): void {
    this.spend(Math.ceil(items / ITEMS_PER_STEP));
  }

  /** As `long` for a value, which is given back. */
  value<T extends Value>(value: T): T {
    if (typeof value === "string" || Array.isArray(value)) this.long(value.length);
    return value;
  }
}

/** Arguments of a filter, function or method. */
export class Given {
  constructor(
    private readonly positional: readonly Value[],
    private readonly named: ReadonlyMap<string, Value>,
    readonly budget: Budget,
  ) {}

  get count(): number {
    return this.positional.length;
  }

  all(): readonly Value[] {
    return this.positional;
  }

  has(at: number, name: string): boolean {
    return at < this.positional.length || this.named.has(name);
  }

  get(at: number, name: string, otherwise?: Value): Value {
    if (at < this.positional.length) return this.positional[at];
    return this.named.has(name) ? this.named.get(name) : otherwise;
  }

  /** A text. */
  text(at: number, name: string): string {
    const value = this.get(at, name);
    if (typeof value !== "string") throw new Failure(`${name} must be a text`);
    return value;
  }
}
