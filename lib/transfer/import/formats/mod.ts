/** The formats that are known. Loaded by the import worker alone. */
import type { ImportFormat } from "../format.ts";

/** Asked in this order which of them a file is; the surest wins, the first of equals. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [];
