import type { Cause } from "./decide.ts";

/**
 * How something is that is why the host is in need: `the disk is 97 % used`, or `the processor was 99 % used, now
 * 26 %` where it is no longer at its limit.
 */
export function causeWords(
  cause: Cause,
  { value, worst, isOver }: { value: number | null; worst: number | null; isOver: boolean },
): string {
  const [what, unit, used] = WORDS[cause];
  const text = (of: number) => `${of.toFixed(0)} ${unit}`;
  if (isOver || worst === null) return valueWords(cause, value ?? worst);
  return `${what} was ${used(text(worst))}, now ${value === null ? "not measured" : text(value)}`;
}

/** `the disk is 97 % used`. */
export function valueWords(cause: Cause, value: number | null): string {
  const [what, unit, used] = WORDS[cause];
  return value === null
    ? `${what} is not measured`
    : `${what} is ${used(`${value.toFixed(0)} ${unit}`)}`;
}

const usedUp = (value: string) => `${value} used`;
const WORDS: Record<Cause, readonly [what: string, unit: string, (value: string) => string]> = {
  disk: ["the disk", "%", usedUp],
  memory: ["the memory", "%", usedUp],
  temperature: ["the processor", "°C", (value) => `at ${value}`],
  cpu: ["the processor", "%", usedUp],
};

/** `12.3 MB`. */
export function sizeWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
