import { openConnection } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";

/** Migrates the database of a folder with the migrations that are written there. */
const [dir] = Deno.args;
const connection = await openConnection({ url: `file:${dir}/perch.db` });
const migrations = JSON.parse(await Deno.readTextFile(`${dir}/migrations.json`));
console.log("begins");
await migrate(connection, migrations, Date.now());
