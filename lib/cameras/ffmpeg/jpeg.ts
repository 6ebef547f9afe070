/** Width and height as a JPEG says them; null: it is none, or broken before it says so. */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isStartOfFrame(marker)) {
      return {
        height: bytes[at + 5] << 8 | bytes[at + 6],
        width: bytes[at + 7] << 8 | bytes[at + 8],
      };
    }
    at += 2 + (bytes[at + 2] << 8 | bytes[at + 3]);
  }
  return null;
}

/** SOF0 to SOF15 without DHT, JPG and DAC. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
