/**
 * Columns and bytes lie outside the heap: who uses megabytes of them allocates so little within that the engine does
 * not look for garbage before tens of megabytes are gone.
 */

/** Told of what was used for a moment, looks for it whenever that becomes `everyBytes`: about a millisecond. */
export function createYoungGarbage(everyBytes: number): (bytes: number) => void {
  // Perch is started with `--expose-gc`; without, the engine looks by itself.
  const { gc } = globalThis as { gc?: (options: { type: "minor" }) => void };
  let used = 0;
  return (bytes) => {
    if ((used += bytes) < everyBytes) return;
    used = 0;
    gc?.({ type: "minor" });
  };
}
