/** Detectors that somebody wrote stand beside the built-in ones as `custom:NAME`. */
export const CUSTOM = "custom";

export function customDetector(name: string): string {
  return `${CUSTOM}:${name}`;
}

export function isCustomDetector(detector: string): boolean {
  return detector.startsWith(`${CUSTOM}:`);
}

/** Name of its file, without `.js`. */
export function customName(detector: string): string {
  return detector.slice(CUSTOM.length + 1);
}

/** Those that compare a value with what is usual. */
const USUAL: ReadonlySet<string> = new Set(["streaming", "zscore", "departure"]);

export function comparesWithUsual(detector: string): boolean {
  return USUAL.has(detector);
}
