/**
 * The whole data model. Read this first.
 *
 * The SQL that creates it stands in `migrations/` (append-only); this describes the same in drizzle, one file per
 * room, and a test holds the two together. A store imports the file of its room, nobody this one: what is not
 * needed is not loaded. Times are epoch milliseconds UTC, whole.
 */
export * from "./access.ts";
export * from "./ai.ts";
export * from "./alarms.ts";
export * from "./backup.ts";
export * from "./cameras.ts";
export * from "./db.ts";
export * from "./detect.ts";
export * from "./devices.ts";
export * from "./events.ts";
export * from "./faults.ts";
export * from "./history.ts";
export * from "./intake.ts";
export * from "./jobs.ts";
export * from "./live.ts";
export * from "./machines.ts";
export * from "./notify.ts";
export * from "./pages.ts";
export * from "./readings.ts";
export * from "./scripts.ts";
export * from "./settings.ts";
export * from "./tickets.ts";
export * from "./upstream.ts";
