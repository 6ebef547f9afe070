/** Imports a dump into a new database. Arguments: the dump, a folder. Prints what it took as JSON. */
import { openImportPlace } from "../../support/import_run.ts";

const [dump, folder] = Deno.args;
const place = await openImportPlace(folder);
const begun = performance.now();
const { stored } = await place.run(dump);
const seconds = (performance.now() - begun) / 1000;
const status = Deno.readTextFileSync("/proc/self/status");
const peakMb = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024);
await place.close();
console.log(JSON.stringify({ seconds, peakMb, stored }));
Deno.exit(0);
