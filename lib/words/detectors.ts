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
