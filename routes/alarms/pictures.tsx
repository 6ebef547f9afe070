import type { VNode } from "preact";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import { type CameraImage, pictureHref } from "../../lib/cameras/images/image.ts";
import { dateTime, duration } from "../../lib/words/times.ts";
import type { AlarmPageParts } from "./request.ts";

/** So long after an alarm pictures still come. */
const TAKING_MS = 8_000;

/** What cameras saw before the alarm, at it and after it; each picture opens in its full size. */
export function Pictures(
  { alarm, pictures, parts }: {
    alarm: Pick<Alarm, "raised_ms">;
    pictures: readonly CameraImage[];
    parts: Pick<AlarmPageParts, "cameras" | "clock" | "zone">;
  },
): VNode | null {
  if (pictures.length === 0) return null;
  const byCamera = Map.groupBy(pictures, ({ camera_id }) => camera_id);
  const names = new Map(parts.cameras.all().map(({ id, name }) => [id, name]));
  return (
    <section class="card" aria-labelledby="pictures">
      <h2 id="pictures">Pictures of the moment</h2>
      {parts.clock.now() - alarm.raised_ms < TAKING_MS && (
        <p class="muted">More are being taken: load the page again in some seconds.</p>
      )}
      {[...byCamera].map(([id, own]) => (
        <Moment
          key={id}
          camera={names.get(id) ?? "A camera that was removed"}
          href={names.has(id) ? `/cameras/${encodeURIComponent(id)}` : null}
          pictures={own}
          raisedMs={alarm.raised_ms}
          zone={parts.zone}
        />
      ))}
    </section>
  );
}

/** One camera: the picture at the alarm in large, and all of them in the order of time. */
function Moment(
  { camera, href, pictures, raisedMs, zone }: {
    camera: string;
    href: string | null;
    pictures: readonly CameraImage[];
    raisedMs: number;
    zone: string;
  },
): VNode {
  const away = ({ t_ms }: CameraImage) => Math.abs(t_ms - raisedMs);
  const at = pictures.reduce((best, one) => away(one) < away(best) ? one : best);
  const shown = { camera, raisedMs, zone };
  return (
    <div class="moment">
      <h3>{href === null ? camera : <a href={href}>{camera}</a>}</h3>
      <Picture image={at} {...shown} />
      {pictures.length > 1 && (
        <ol
          class="strip"
          tabIndex={0}
          aria-label={`${camera}, ${pictures.length} pictures in the order of time`}
        >
          {pictures.map((image) => (
            <li key={image.t_ms}>
              <Picture image={image} {...shown} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function Picture(
  { image, camera, raisedMs, zone }: {
    image: CameraImage;
    camera: string;
    raisedMs: number;
    zone: string;
  },
): VNode {
  const time = dateTime(image.t_ms, zone);
  const when = whenOf(image.t_ms - raisedMs);
  return (
    <figure>
      <a href={pictureHref(image)}>
        <img
          src={pictureHref(image)}
          width={image.width}
          height={image.height}
          loading="lazy"
          alt={[camera, ...when, time].join(", ")}
        />
      </a>
      <figcaption>{when.length === 0 ? time : [...when, time.slice(11)].join(", ")}</figcaption>
    </figure>
  );
}

/** Pictures come a second apart, so what is nearer is that of the alarm. */
const AT_MS = 1_000;
/** What is farther away is no moment of it: an old picture, or the clock of a device is wrong. */
const FAR_MS = 60_000;

function whenOf(sinceMs: number): string[] {
  if (Math.abs(sinceMs) >= FAR_MS) return [];
  if (Math.abs(sinceMs) < AT_MS) return ["at the alarm"];
  return [sinceMs < 0 ? `${duration(-sinceMs)} before` : `${duration(sinceMs)} after`];
}
