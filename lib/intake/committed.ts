/** One commit group as it is told to the rest of the application, after COMMIT. Duplicates are left out. */
export interface CommittedGroup {
  groupId: number;
  n: number;
  /** Storage numbers, times (epoch ms) and values, columns of length `n`. */
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Public names (`<area…>/<machine>/<sensor>`), same order. */
  names: string[];
}
