/** Stands for the package `zod` (`deno.json`): the same, but a schema is made when it is first used (`late.ts`). */
export * as z from "./z.ts";
export { lately } from "./late.ts";
