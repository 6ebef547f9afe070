/**
 * Reads a file of `/proc/pressure` (kernel's psi documentation): the share of the last 10 s in which something
 * waited, 0…1. Kernels without it, or started with `psi=0`, refuse the file.
 */
export function parsePressure(text: string): number | null {
  const percent = /^some avg10=(\d{1,3}\.\d+) /m.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100) return null;
  return Math.round(Number(percent) * 100) / 10_000;
}
