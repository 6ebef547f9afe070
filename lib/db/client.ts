/** A value that SQL takes and gives. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface SqlStatement {
  sql: string;
  args?: readonly SqlValue[];
}

/** Rows as arrays in column order. */
export interface SqlResult {
  columns: string[];
  rows: SqlValue[][];
  rowsAffected: number;
}

/**
 * The typed client of the database worker. The worker owns the one connection that writes and
 * checkpoints; calls are answered in the order they are made.
 */
export interface Database {
  /** One read statement. */
  query(statement: SqlStatement): Promise<SqlResult>;
  /** All statements in one transaction: all or none. */
  write(statements: readonly SqlStatement[]): Promise<SqlResult[]>;
  /** Ends the worker after what was asked is done; checkpoints and closes. */
  close(): Promise<void>;
}
