/**
 * Version of this Perch, as `deno.json` states it. Written here again: a compiled program that imports JSON never
 * writes its code cache, and compiles all of itself at each start.
 */
export const VERSION = "0.2.0";
