/** Pictures of the alarm that a message is about. A message never fails because of one, and waits for it briefly. */
import type { Alarm, AlarmEventBody } from "../alarms/alarm.ts";
import type { Clock } from "../base/clock.ts";
import { dateTime } from "../words/times.ts";
import type { Message, MessagePicture } from "./message.ts";

/** A picture as a camera gave it. */
export interface CameraPicture {
  /** Name of the camera. */
  camera: string;
  tMs: number;
  jpeg: Uint8Array;
}

export interface PictureDeps {
  clock: Clock;
  zone: () => string;
  /** Small enough for a mail, at most three; waits for those that are just being kept. */
  picturesOf: (
    alarm: Pick<Alarm, "id" | "machine" | "raised_ms">,
  ) => Promise<readonly CameraPicture[]>;
}

const MOST_MS = 3_000;

/** The message with the pictures of its alarm, where it says that one stands. */
export async function withPictures(
  { clock, zone, picturesOf }: PictureDeps,
  message: Message,
  signal: AbortSignal,
): Promise<Message> {
  const body = message.event?.body as Partial<AlarmEventBody> | null | undefined;
  const alarm = body?.alarm;
  if (message.kind !== "firing" || alarm === undefined) return message;
  const done = new AbortController();
  const late = clock.sleep(MOST_MS, AbortSignal.any([signal, done.signal])).then(() => []);
  try {
    const found = await Promise.race([picturesOf(alarm), late]);
    if (found.length === 0) return message;
    return { ...message, pictures: found.map((one) => pictureOf(one, zone())) };
  } catch {
    return message;
  } finally {
    done.abort();
    late.catch(() => {});
  }
}

function pictureOf({ camera, tMs, jpeg }: CameraPicture, zone: string): MessagePicture {
  const time = dateTime(tMs, zone);
  const name = camera.replaceAll(/[^\p{L}\p{N}]+/gu, "-");
  return {
    file: `${name}-${time.replaceAll(/[-:]/g, "").replace(" ", "-")}.jpg`,
    text: `${camera}, ${time}`,
    jpeg,
  };
}
