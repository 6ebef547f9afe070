/**
 * Imports a dump, and again under another id when all of it is stored. Prints `block` when one is stored, `done` and
 * both results in the end. Arguments: data directory, the dump, "" or "apart" (a deliberate break: how far the import
 * is is written after the readings, in a transaction of its own).
 */
import { moveImporter } from "../../lib/readings/importer_store.ts";
import type { ImportStore } from "../../lib/readings/importing.ts";
import { openImportPlace } from "../support/import_run.ts";

const [dataDir, dump, sabotage] = Deno.args;
const place = await openImportPlace(dataDir, ({ readings, db }) => {
  const importReadings: ImportStore["importReadings"] = async (block, dryRun) => {
    const { importer } = block;
    const name = sabotage === "apart" ? "another" : importer.name;
    const imported = await readings.importReadings(
      { ...block, importer: { ...importer, name } },
      dryRun,
    );
    console.log("block");
    // It is killed here.
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (sabotage === "apart") await db.write([moveImporter(importer, imported)]);
    return imported;
  };
  return { ...readings, importReadings };
});
const first = await place.run(dump, { id: "first" });
const again = await place.run(dump, { id: "again" });
console.log(`done ${JSON.stringify({ first, again })}`);
await place.close();
Deno.exit(0);
