import type { Cause } from "./decide.ts";

/** `the disk is 97 % used`. */
export function causeWords(cause: Cause, value: number | null): string {
  if (cause === "temperature") {
    return value === null ? "it is hot" : `the processor is at ${value.toFixed(0)} °C`;
  }
  const what = { disk: "the disk", memory: "the memory", cpu: "the processor" }[cause];
  return value === null ? `${what} was full` : `${what} is ${value.toFixed(0)} % used`;
}

/** `12.3 MB`. */
export function sizeWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
