import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import {
  type CameraState,
  oldAfterMs,
  type OldBecause,
  oldPictureWords,
} from "../lib/words/cameras.ts";
import { type CameraNews, cameraNews } from "./camera_now.tsx";
import { connection, now } from "./live.ts";
import { type FeedMode, feedPictures, type Picture } from "./picture_feed.ts";

export interface CameraPictureProps {
  status: CameraStatus;
  /** A stream where one can be had; else a picture a second. */
  live: boolean;
}

/** What is on the screen. */
interface Shown {
  /** By this browser's clock. */
  atMs: number;
  ageMs: number;
  /** As a rule the next one comes so soon. */
  gapMs: number;
}

/** The picture of a camera: it lives while somebody looks, and says when it is older than usual. */
export function CameraPicture(props: CameraPictureProps): VNode {
  const { status: { id, name, frame_age_ms: ageMs }, live } = props;
  const shown = useSignal<Shown | null>(null);
  const mode = useSignal<FeedMode>("none");
  const isSeen = useSignal(true);
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  // Of a camera that is off or has no picture yet there is nothing to get, and of a Perch that is away.
  const isThere = hasPicture(props);
  useEffect(() =>
    isThere
      ? whileSeen(figure.current!, () =>
        feedPictures({
          address: addressOf(id),
          live,
          mode: (next) => (mode.value = next),
          show: (picture) =>
            draw(canvas.current!, picture).then((drawn) => {
              if (drawn) shown.value = follows(shown.value, picture);
            }),
        }), (seen) => (isSeen.value = seen))
      : undefined, [isThere]);
  const old = oldWords(props, shown.value, isSeen.value);
  const isEmpty = shown.value === null && ageMs === null;
  return (
    <figure class={old === null ? "camera-picture" : "camera-picture old"} ref={figure}>
      <div class="camera-frame">
        {shown.value === null && ageMs !== null && (
          <img src={`${addressOf(id)}/snapshot`} alt={`Picture of ${name}`} loading="lazy" />
        )}
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Picture of ${name}`}
          hidden={shown.value === null}
        />
        {isEmpty && <p class="camera-none">No picture yet</p>}
      </div>
      <figcaption>
        {old !== null
          ? (
            <span class="warning">
              <span class="mark" aria-hidden="true">▲</span>
              {old}
            </span>
          )
          : !isEmpty && <span class="muted">{modeWords(mode.value, shown.value)}</span>}
      </figcaption>
    </figure>
  );
}

function addressOf(id: string): string {
  return `/api/cameras/${encodeURIComponent(id)}`;
}

function stateOf({ status }: Pick<CameraPictureProps, "status">): CameraState {
  const news = typeof document === "undefined" ? null : cameraNews(status.id).value;
  return (news?.status ?? status).state;
}

function modeWords(mode: FeedMode, shown: Shown | null): string {
  if (shown === null) return "Picture of when the page was loaded";
  if (mode === "none") return "Asking for the picture";
  if (mode === "still") return "A picture a second";
  return shown.gapMs === 0 ? "Live" : `Live, ${perSecond(shown.gapMs)} pictures a second`;
}

function perSecond(gapMs: number): number {
  const fps = 1000 / gapMs;
  return fps < 3 ? Math.round(fps * 10) / 10 : Math.round(fps);
}

/** True when there is a picture to be had. */
function hasPicture({ status }: CameraPictureProps): boolean {
  const here = typeof document !== "undefined";
  if (here && connection.value === "offline") return false;
  const news = here ? cameraNews(status.id).value : null;
  const { state, frame_age_ms } = news?.status ?? status;
  return state !== "off" && frame_age_ms !== null;
}

/** Runs `start` while the element can be seen: in a hidden tab or out of sight nothing holds a connection. */
function whileSeen(
  element: Element,
  start: () => () => void,
  tell: (seen: boolean) => void,
): () => void {
  let isNear = false;
  let stop: (() => void) | null = null;
  const look = () => {
    const seen = isNear && !document.hidden;
    tell(seen);
    if (seen && stop === null) stop = start();
    else if (!seen && stop !== null) {
      stop();
      stop = null;
    }
  };
  const observer = new IntersectionObserver((entries) => {
    isNear = entries.at(-1)!.isIntersecting;
    look();
  }, { rootMargin: "200px" });
  const leave = () => {
    stop?.();
    stop = null;
  };
  observer.observe(element);
  document.addEventListener("visibilitychange", look);
  globalThis.addEventListener("pagehide", leave);
  globalThis.addEventListener("pageshow", look);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", look);
    globalThis.removeEventListener("pagehide", leave);
    globalThis.removeEventListener("pageshow", look);
    leave();
  };
}

/** False for what is no whole picture: then the one before stays, and gets old. */
async function draw(canvas: HTMLCanvasElement, { jpeg }: Picture): Promise<boolean> {
  try {
    const bitmap = await createImageBitmap(jpeg);
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
    bitmap.close();
    return true;
  } catch {
    return false;
  }
}

/** The same old picture once more is no new one: only what is newer says how often they come. */
function follows(before: Shown | null, { ageMs }: Picture): Shown {
  const atMs = Date.now();
  if (before === null) return { atMs, ageMs, gapMs: 0 };
  const stepMs = (atMs - ageMs) - (before.atMs - before.ageMs);
  if (stepMs < 20) return stepMs < 0 ? before : { ...before, atMs, ageMs };
  return { atMs, ageMs, gapMs: gapAfter(before.gapMs, stepMs) };
}

/** The usual gap; 0: not known. One outage is not usual, and after it what comes sooner counts at once. */
function gapAfter(gapMs: number, stepMs: number): number {
  if (gapMs === 0) return stepMs;
  if (stepMs >= oldAfterMs(1000 / gapMs)) return 0;
  const weight = stepMs < gapMs / 2 ? 0.5 : 0.2;
  return gapMs + (stepMs - gapMs) * weight;
}

/** What is said of a picture that is older than usual; null: it is not. */
function oldWords(
  { status }: Pick<CameraPictureProps, "status">,
  shown: Shown | null,
  isSeen: boolean,
): string | null {
  const here = typeof document !== "undefined";
  const news = here ? cameraNews(status.id).value : null;
  const { frame_age_ms, fps } = status;
  if (shown === null && frame_age_ms === null) return null;
  const picture = shown ?? { atMs: LOADED_MS, ageMs: frame_age_ms!, gapMs: 0 };
  // The page's clock ticks once a second, and everything that counts is drawn anew then.
  const nowMs = here && now.value > 0 ? Date.now() : picture.atMs;
  const ageMs = nowMs - picture.atMs + picture.ageMs;
  const usualMs = oldAfterMs(picture.gapMs > 0 ? 1000 / picture.gapMs : fps);
  // What comes is new to this page, and what it shows is not.
  if (ageMs < usualMs) return stateOf({ status }) === "frozen" ? SAME : null;
  return oldPictureWords(
    ageMs,
    isSeen ? whyOld(stateOf({ status }), news, ageMs - usualMs) : "unseen",
  );
}

const SAME = "Pictures come, and they are all the same.";

/** When this script began, which is soon after the page was drawn. */
const LOADED_MS = Date.now();

function whyOld(state: CameraState, news: CameraNews | null, beyondMs: number): OldBecause {
  // The last that is heard of a Perch that ends is that its cameras are off.
  if (typeof document !== "undefined" && connection.value === "offline") return "perch";
  if (state === "off") return "off";
  const age = news?.status.frame_age_ms ?? Infinity;
  return news !== null && age + Date.now() - news.atMs < beyondMs ? "way" : "camera";
}
