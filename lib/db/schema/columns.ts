/** Kinds of columns that drizzle does not have. */
import { customType } from "drizzle-orm/sqlite-core";

/** A time in epoch milliseconds UTC: stored whole. */
export const ms = customType<{ data: number; driverData: number }>({
  dataType: () => "integer",
  toDriver: Math.trunc,
});

/** Packed bytes, as they are. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "blob",
});
