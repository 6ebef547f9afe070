import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { dateTime } from "../lib/words/times.ts";

/** A kept picture, as far as it is shown. */
export interface KeptPicture {
  t_ms: number;
  /** Address of the picture. */
  src: string;
  reason: "interval" | "alarm" | "asked";
  alarm_id: string | null;
}

export interface KeptPicturesProps {
  name: string;
  /** Address of the page that shows one of them, up to the time. */
  at: string;
  /** Oldest first, never empty. */
  pictures: readonly KeptPicture[];
  /** Time of the one that is shown first. */
  chosenMs: number;
  /** What deletes one posts to; null: who looks may not. */
  forget: string | null;
  zone: string;
}

/** Who drags the slider wants to see the one where it stops. */
const SETTLE_MS = 80;

/** Kept pictures, one at a time, with a slider over all of them. */
export function KeptPictures(props: KeptPicturesProps): VNode {
  const { name, at, pictures, forget, zone } = props;
  const first = Math.max(0, pictures.findIndex(({ t_ms }) => t_ms === props.chosenMs));
  const index = useSignal(first);
  const shown = useSignal(first);
  const isAlive = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    isAlive.value = true;
  }, []);
  const go = (to: number) => {
    index.value = Math.max(0, Math.min(pictures.length - 1, to));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (shown.value = index.value), SETTLE_MS);
  };
  const timeOf = (i: number) => dateTime(pictures[i].t_ms, zone);
  return (
    <>
      <OnePicture name={name} picture={pictures[shown.value]} zone={zone} />
      {isAlive.value && pictures.length > 1 && (
        <input
          type="range"
          class="kept-slider"
          aria-label="Time of the picture"
          aria-valuetext={timeOf(index.value)}
          min={0}
          max={pictures.length - 1}
          value={index.value}
          onInput={(event) => go(Number(event.currentTarget.value))}
        />
      )}
      <p class="kept-steps">
        <Step to={index.value - 1} text="Earlier" at={at} pictures={pictures} go={go} />
        <span class="muted">{`${index.value + 1} of ${pictures.length}`}</span>
        <Step to={index.value + 1} text="Later" at={at} pictures={pictures} go={go} />
      </p>
      {forget !== null && (
        <form method="post" action={forget} class="kept-forget">
          <input type="hidden" name="at" value={pictures[index.value].t_ms} />
          <button type="submit" class="small">{`Delete that of ${timeOf(index.value)}`}</button>
        </form>
      )}
    </>
  );
}

function OnePicture(
  { name, picture, zone }: { name: string; picture: KeptPicture; zone: string },
): VNode {
  const time = dateTime(picture.t_ms, zone);
  return (
    <figure class="kept">
      <img src={picture.src} alt={`${name}, ${time}`} />
      <figcaption>
        <time dateTime={new Date(picture.t_ms).toISOString()}>{time}</time>
        {", "}
        <Reason {...picture} />
        {" · "}
        <a href={`${picture.src}?download=true`} download>Save</a>
      </figcaption>
    </figure>
  );
}

/** A link to the picture before or after; without script it is a page of its own. */
function Step(
  { to, text, at, pictures, go }:
    & { to: number; text: string; go: (to: number) => void }
    & Pick<KeptPicturesProps, "at" | "pictures">,
): VNode {
  const picture = pictures[to];
  if (picture === undefined) return <span class="muted">{text}</span>;
  return (
    <a
      href={`${at}${picture.t_ms}#kept`}
      onClick={(event) => {
        event.preventDefault();
        go(to);
      }}
    >
      {text}
    </a>
  );
}

function Reason({ reason, alarm_id }: KeptPicture): VNode {
  if (reason === "interval") return <>kept by time</>;
  if (reason === "asked") return <>somebody took it</>;
  return alarm_id === null
    ? <>of an alarm</>
    : <a href={`/alarms/${encodeURIComponent(alarm_id)}`}>of an alarm</a>;
}
