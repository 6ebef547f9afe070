import { forgetImporter, importStateOf } from "./importer_store.ts";
import type { ImportStore } from "./importing.ts";
import { type ImportingDeps, importStep } from "./importing_step.ts";
import { importHoursStep } from "./tiers/imported_hours.ts";

/** What the engine does for imports. */
export function createImportStore(deps: ImportingDeps): ImportStore {
  const { connection } = deps;
  return {
    importReadings: (block, dryRun) => importStep(deps, block, dryRun),
    importHours: (hours, dryRun) => importHoursStep(deps, hours, dryRun),
    importState: (name) => importStateOf(connection, name),
    forgetImport: (name) => forgetImporter(connection, name),
  };
}
