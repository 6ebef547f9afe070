import type { VNode } from "preact";
import type { CameraView } from "../../lib/cameras/camera_view.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import { cameraHref, eventHref } from "../frame/links.ts";
import { Empty, More } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import { type Route, route } from "../http/route.ts";
import { cameraSubject } from "./events.tsx";
import {
  AnswerNow,
  type CameraPageParts,
  isAdmin,
  LooksAt,
  PAGE,
  Picture,
  StateNow,
} from "./page_parts.tsx";
import { RowFilter } from "../frame/list_filter.tsx";

/** A browser has six connections to a host, and the page's own stream holds one. */
const LIVE_MOST = 4;
/** Without script. */
const REFRESH_S = 10;
/** Of these events the newest of each camera is shown. */
const EVENTS_READ = 200;

/** `/cameras`: all of them, as they are now. */
export function cameraListPages(parts: CameraPageParts): Route[] {
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      handler: async ({ c, who }) => {
        const since = parts.place();
        const cameras = parts.cameras.all();
        // The first ones that run are live; the others have a picture a second.
        const live = cameras.filter(({ enabled }) => enabled).slice(0, LIVE_MOST);
        const events = cameras.length === 0 ? [] : await lastEvents(parts);
        return parts.frame.answer(c, who, {
          title: "Cameras",
          place: PAGE,
          script: "cameras",
          stream: { types: "camera" },
          since,
          refreshS: REFRESH_S,
          content: (
            <>
              <AnswerNow views={cameras} />
              {cameras.length === 0 && <NoCamera mayAdd={isAdmin(who)} />}
              <RowFilter
                rows=".cameras > *"
                count={cameras.length}
                label="Filter cameras by name"
              />
              <div class="cameras">
                {cameras.map((view) => (
                  <Tile
                    key={view.id}
                    parts={parts}
                    view={view}
                    live={live.includes(view)}
                    event={events.find(({ subject }) => subject === cameraSubject(view.id))}
                  />
                ))}
              </div>
              {isAdmin(who) && cameras.length > 0 && <More href={`${PAGE}/new`}>Add a camera</More>}
            </>
          ),
        });
      },
    }),
  ];
}

async function lastEvents(parts: CameraPageParts): Promise<LoggedEvent[]> {
  return (await parts.events.list({ types: ["camera"], limit: EVENTS_READ })).items;
}

function NoCamera({ mayAdd }: { mayAdd: boolean }): VNode {
  return (
    <Empty>
      Perch takes pictures of network cameras (RTSP, HTTP), of cameras at this host (USB, Raspberry
      Pi), and of files. It watches that they go on, and keeps the pictures of alarms. {mayAdd
        ? (
          <>
            <a href={`${PAGE}/new`}>Add the first camera</a>; with the test picture it works without
            one.
          </>
        )
        : "An admin can add the first one here."}
    </Empty>
  );
}

function Tile(
  { parts, view, live, event }: {
    parts: CameraPageParts;
    view: CameraView;
    live: boolean;
    event: LoggedEvent | undefined;
  },
): VNode {
  const label = `camera-${view.id}`;
  return (
    <section class="card camera-tile" aria-labelledby={label}>
      <Picture view={view} live={live} />
      <h2 id={label}>
        <a href={cameraHref(view.id)}>{view.name}</a>
      </h2>
      <div class="camera-state">
        <StateNow parts={parts} view={view} sentence={false} />
      </div>
      <p class="camera-about">
        <LooksAt parts={parts} view={view} before="Looks at " />
      </p>
      {event && (
        <p class="camera-about muted">
          <a href={eventHref(event.id)}>{event.text}</a>{" "}
          <Ago tMs={event.tMs} nowMs={parts.clock.now()} zone={parts.zone} />
        </p>
      )}
    </section>
  );
}
