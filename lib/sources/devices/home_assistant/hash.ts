/** A number that tells payloads apart: 53 bits, FNV-like in two halves. Not for secrets. */
export function contentHash(bytes: Uint8Array): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9 ^ bytes.length;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (low >>> 0) * 0x200000 + ((high >>> 0) & 0x1fffff);
}
