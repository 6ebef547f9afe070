/** One fresh process: prints how long storage takes from nothing to ready, in ms. */
const startMs = performance.now();
const { openStorage } = await import("../../../lib/app/storage.ts");
const { silentLog } = await import("../../../lib/base/log.ts");
const storage = await openStorage({ url: Deno.args[0], log: silentLog() });
const readyMs = performance.now() - startMs;
const { tailReadings } = await storage.readings.stats();
await storage.close();
console.log(JSON.stringify({ readyMs, tailReadings }));
