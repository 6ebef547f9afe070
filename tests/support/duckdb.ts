/** Parquet as another program reads it: DuckDB. */
import { DuckDBInstance } from "@duckdb/node-api";

/** The rows that a query gives; numbers as numbers, times as ISO 8601. */
export async function askDuckdb(sql: string): Promise<Record<string, unknown>[]> {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
