/** A value that SQL takes and gives. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface SqlStatement {
  sql: string;
  args?: readonly SqlValue[];
  /** The first row is enough: there is no second one, or nobody asks for it. */
  one?: boolean;
  /** What goes with it into its transaction. */
  beside?: Beside;
}

/** What a statement brings along wherever it is written. Its results are not in the answer of `write`. */
export interface Beside {
  /** Runs before everything else of the transaction: a condition, which fails where it does not hold. */
  first?: SqlStatement;
  /** Runs directly after the statement. */
  next: SqlStatement;
  /** After COMMIT, with the result of `next`. */
  committed(result: SqlResult): void;
}

/** Rows as arrays in column order. */
export interface SqlResult {
  columns: string[];
  rows: SqlValue[][];
  rowsAffected: number;
}

export type Write = (statements: readonly SqlStatement[]) => Promise<SqlResult[]>;

/** A `write` for statements that bring others along, from one that knows of none. */
export function writing(run: Write): Write {
  return async (statements) => {
    if (statements.every(({ beside }) => beside === undefined)) return await run(statements);
    const plain = statements.flatMap(({ beside }) => beside?.first ?? []);
    const own: number[] = [];
    const waiting: { at: number; beside: Beside }[] = [];
    for (const { sql, args, beside } of statements) {
      own.push(plain.push({ sql, args }) - 1);
      if (beside) waiting.push({ at: plain.push(beside.next) - 1, beside });
    }
    const results = await run(plain);
    for (const { at, beside } of waiting) beside.committed(results[at]);
    return own.map((at) => results[at]);
  };
}

/**
 * The typed client of the database worker. The worker owns the one connection that writes and
 * checkpoints; calls are answered in the order they are made.
 */
export interface Database {
  /** One read statement. */
  query(statement: SqlStatement): Promise<SqlResult>;
  /** All statements in one transaction: all or none. */
  write: Write;
  /** Ends the worker after what was asked is done; checkpoints and closes. */
  close(): Promise<void>;
}
