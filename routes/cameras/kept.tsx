import type { VNode } from "preact";
import { z } from "zod";
import { KeptPictures } from "../../islands/kept_pictures.tsx";
import type { CameraView } from "../../lib/cameras/camera_view.ts";
import { bytesADay, type CameraImage, pictureHref } from "../../lib/cameras/images/image.ts";
import type { CameraUse } from "../../lib/cameras/images/image_store.ts";
import { dayOf } from "../../lib/words/days.ts";
import { bytes, grouped } from "../../lib/words/numbers.ts";
import { dateTime, DAY_MS, span } from "../../lib/words/times.ts";
import { Field } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { cameraHref, hrefWith } from "../frame/links.ts";
import { Empty, More } from "../frame/parts.tsx";
import type { CameraPageParts } from "./page_parts.tsx";

/** So many stand under the slider at once. */
const PAGE_OF = 200;

/** What of the kept pictures a page shows. */
export const keptQuery = z.object({
  /** A day of the site; none: the newest pictures. */
  day: z.iso.date().optional().catch(undefined),
  /** Time of the picture that is shown. */
  at: z.coerce.number().int().min(0).max(8.64e15).optional().catch(undefined),
  cursor: z.string().regex(/^\d{1,16}$/).optional().catch(undefined),
}).loose();
export type KeptQuery = z.output<typeof keptQuery>;

export interface Kept {
  query: KeptQuery;
  /** Oldest first. */
  pictures: CameraImage[];
  next: string | null;
  use: CameraUse | null;
  trouble: string | null;
}

/** The newest kept pictures, those of a day, or the one that is asked for with those before it. */
export async function keptOf(
  { cameraImages, zone }: CameraPageParts,
  id: string,
  query: KeptQuery,
): Promise<Kept> {
  const { day, cursor, at } = query;
  const named = day === undefined ? null : dayNamed(day, zone);
  const page = { limit: PAGE_OF, cursor };
  const within = named === null ? page : { ...page, fromMs: named.fromMs, toMs: named.toMs };
  let { items, next } = await cameraImages.list(id, within);
  if (at !== undefined && at < (items.at(-1)?.t_ms ?? 0)) {
    ({ items, next } = await cameraImages.list(id, { limit: PAGE_OF, toMs: at + 1 }));
  }
  const use = await cameraImages.use(id);
  return { query, pictures: items.toReversed(), next, use, trouble: cameraImages.trouble() };
}

/** A date of the site's calendar; noon of it in no zone is another day of that zone by more than one. */
function dayNamed(name: string, zone: string) {
  const noon = Date.parse(`${name}T12:00:00Z`);
  return [-1, 0, 1].map((days) => dayOf(noon + days * DAY_MS, zone))
    .find((one) => one.name === name) ?? dayOf(noon, zone);
}

/** What is written, and what becomes of it. */
function keptWords({ settings }: CameraView, use: CameraUse | null): string {
  const { still_every_s: everyS, keep_days: days, keep_mb: mb } = settings;
  const mean = use === null || use.count === 0 ? null : use.bytes / use.count;
  const written = everyS === 0
    ? ""
    : `One every ${span(everyS * 1000)} writes about ${bytes(bytesADay(everyS, mean))} a day. `;
  return `${written}Kept for ${days} ${days === 1 ? "day" : "days"}, at most ${
    bytes(mb * 1e6)
  }; backups do not hold them.`;
}

export function KeptSection(
  { parts, view, kept, mayDelete }: {
    parts: CameraPageParts;
    view: CameraView;
    kept: Kept;
    mayDelete: boolean;
  },
): VNode {
  const { pictures, query: { day, at, cursor }, next, use } = kept;
  const here = cameraHref(view.id);
  const chosen = pictures.find(({ t_ms }) => t_ms === at) ?? pictures.at(-1);
  const hrefAt = hrefWith(here, { day, cursor, at: "." }).slice(0, -1);
  return (
    <section class="card kept-card" aria-labelledby="kept">
      <Head view={view} kept={kept} zone={parts.zone} />
      {chosen === undefined
        ? (
          <Empty>
            {use === null
              ? "No picture is kept yet. Pictures of alarms are kept by themselves where it looks at a machine; the settings keep one by time."
              : "No picture is kept of that time."}
          </Empty>
        )
        : (
          <Island
            name="KeptPictures"
            component={KeptPictures}
            props={{
              name: view.name,
              at: hrefAt,
              pictures: pictures.map((one) => ({
                t_ms: one.t_ms,
                src: pictureHref(one),
                reason: one.reason,
                alarm_id: one.alarm_id,
              })),
              chosenMs: chosen.t_ms,
              forget: mayDelete ? `${here}/forget` : null,
              zone: parts.zone,
            }}
          />
        )}
      {pictures.length > 2 && <Times pictures={pictures} hrefAt={hrefAt} zone={parts.zone} />}
      {next !== null && (
        <More href={`${hrefWith(here, { day, cursor: next })}#kept`}>Earlier pictures</More>
      )}
      {use !== null && <DayForm here={here} day={day} isNewest={!day && !cursor} />}
    </section>
  );
}

/** To go to one of many at once, without script too. */
function Times(
  { pictures, hrefAt, zone }: { pictures: readonly CameraImage[]; hrefAt: string; zone: string },
): VNode {
  return (
    <details class="kept-times">
      <summary>{`All ${pictures.length} by time`}</summary>
      <ul>
        {pictures.toReversed().map(({ t_ms }) => (
          <li key={t_ms}>
            <a href={`${hrefAt}${t_ms}#kept`}>{dateTime(t_ms, zone)}</a>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Head(
  { view, kept: { use, trouble }, zone }: { view: CameraView; kept: Kept; zone: string },
): VNode {
  return (
    <>
      <h2 id="kept">
        Kept pictures
        {use !== null && (
          <span class="area">
            {`${grouped(use.count)}, ${bytes(use.bytes)}, since ${
              dateTime(use.oldestMs, zone).slice(0, 10)
            }`}
          </span>
        )}
      </h2>
      <p class="muted">{keptWords(view, use)}</p>
      {trouble !== null && (
        <p class="warning">
          <span class="mark" aria-hidden="true">▲</span>
          {trouble}
        </p>
      )}
    </>
  );
}

function DayForm(
  { here, day, isNewest }: { here: string; day: string | undefined; isNewest: boolean },
): VNode {
  return (
    <form method="get" action={`${here}#kept`} class="kept-day">
      <Field name="day" label="Pictures of the day" type="date" value={day} required={false} />
      <button type="submit">Show</button>
      {!isNewest && <a href={`${here}#kept`}>The newest</a>}
    </form>
  );
}
