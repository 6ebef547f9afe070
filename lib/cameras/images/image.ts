/** What a kept picture is, and where it lies. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import type { CameraImageRow } from "../../db/schema/cameras.ts";

export const IMAGE_REASONS = ["interval", "alarm", "asked"] as const;
export type ImageReason = typeof IMAGE_REASONS[number];

export const cameraImageShape = z.object({
  camera_id: z.string(),
  t_ms: msField.describe("when it was taken; its name in the address"),
  bytes: z.number(),
  width: z.number(),
  height: z.number(),
  reason: z.enum(IMAGE_REASONS),
  alarm_id: z.string().nullable().describe("the alarm that it was kept for"),
  url: z.string().describe("the JPEG"),
}).meta({ id: "CameraImage" });

/** A kept picture as the API and the pages show it. A camera has at most one of each millisecond. */
export type CameraImage = z.output<typeof cameraImageShape>;

export function imageOf(
  { cameraId, tMs, bytes, width, height, reason, alarmId }: CameraImageRow,
): CameraImage {
  return {
    ...{ camera_id: cameraId, t_ms: tMs, bytes, width, height, reason, alarm_id: alarmId },
    url: imageUrl(cameraId, tMs),
  };
}

/** Also after a restore it never means another picture. */
export const imageUrl = (cameraId: string, tMs: number) =>
  `/api/cameras/${encodeURIComponent(cameraId)}/images/${tMs}`;

/** The same picture on pages: browsers keep it. */
export const pictureHref = ({ camera_id, t_ms }: Pick<CameraImage, "camera_id" | "t_ms">) =>
  `/pictures/${encodeURIComponent(camera_id)}/${t_ms}`;

/** `20261129-201502-117` in UTC: sorts by time. */
export function stampOf(tMs: number): string {
  return new Date(tMs).toISOString().replaceAll(/[-:Z]/g, "").replace("T", "-").replace(".", "-");
}

/** Where it lies below the folder, `<camera>/2026/11/29/201502-117.jpg`: times in UTC. */
export function fileOf(cameraId: string, tMs: number): string {
  const [date, time, ms] = stampOf(tMs).split("-");
  return `${cameraId}/${date.slice(0, 4)}/${date.slice(4, 6)}/${date.slice(6)}/${time}-${ms}.jpg`;
}

const FILE = /^[\w-]+\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)(\d\d)(\d\d)-(\d{3})\.jpg$/;

/** When the picture of such a file was taken; null: it is none. */
export function timeOfFile(file: string): number | null {
  const [, ...parts] = FILE.exec(file) ?? [];
  if (parts.length === 0) return null;
  const [year, month, day, hour, minute, second, ms] = parts.map(Number);
  const tMs = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  return file.endsWith(fileOf("x", tMs).slice(1)) ? tMs : null;
}

/** Begins and ends as a JPEG does. A power cut may leave a file of zeros, or half of one. */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  const last = bytes.length - 2;
  return last > 2 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[last] === 0xff &&
    bytes[last + 1] === 0xd9;
}

/** Some bytes of a picture, where none was kept so far to tell. */
const USUAL_BYTES = 60_000;
const DAY_S = 86_400;

/** What stills by time write a day, in bytes; `meanBytes`: of those that this camera has kept, null: none yet. */
export function bytesADay(everyS: number, meanBytes: number | null): number {
  return everyS <= 0 ? 0 : Math.round(DAY_S / everyS * (meanBytes ?? USUAL_BYTES));
}
