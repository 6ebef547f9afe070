import type { CameraImageRow } from "../../db/schema/cameras.ts";

/** A picture of an alarm, for a message. */
export interface AlarmPicture {
  /** Name of the camera. */
  camera: string;
  tMs: number;
  jpeg: Uint8Array<ArrayBuffer>;
}

export interface MessageLimits {
  pictures: number;
  /** Of each. */
  bytes: number;
  /** Null: the file is gone. */
  read(image: CameraImageRow): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Null: it cannot be made smaller. */
  shrink(jpeg: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null>;
  nameOf(cameraId: string): string;
}

/** One of each camera: the nearest to the alarm, made smaller where it has to be, else the nearest that is small. */
export async function picturesFor(
  images: readonly CameraImageRow[],
  raisedMs: number,
  { pictures, bytes, read, shrink, nameOf }: MessageLimits,
): Promise<AlarmPicture[]> {
  const away = ({ tMs }: CameraImageRow) => Math.abs(tMs - raisedMs);

  async function small(image: CameraImageRow): Promise<Uint8Array<ArrayBuffer> | null> {
    const jpeg = await read(image);
    if (jpeg === null || jpeg.length <= bytes) return jpeg;
    const made = await shrink(jpeg).catch(() => null);
    return made !== null && made.length <= bytes ? made : null;
  }

  const out: AlarmPicture[] = [];
  for (const [cameraId, own] of Map.groupBy(images, (image) => image.cameraId)) {
    if (out.length >= pictures) break;
    const [nearest, ...others] = own.toSorted((a, b) => away(a) - away(b));
    const other = others.find((image) => image.bytes <= bytes);
    for (const image of other === undefined ? [nearest] : [nearest, other]) {
      const jpeg = await small(image);
      if (jpeg === null) continue;
      out.push({ camera: nameOf(cameraId), tMs: image.tMs, jpeg });
      break;
    }
  }
  return out;
}
