import type { ComponentChildren, VNode } from "preact";
import type { CameraStatus } from "../lib/cameras/camera_view.ts";
import { pictureAge, RECOVERY_WORDS } from "../lib/words/cameras.ts";
import { dateTime, duration } from "../lib/words/times.ts";
import { cameraNews, saysWhy } from "./camera_now.tsx";
import { now } from "./live.ts";

export interface CameraHealthProps {
  status: CameraStatus;
  nowMs: number;
  zone: string;
}

/** How well a camera is, and what the score is made of; it changes in place. */
export function CameraHealth(props: CameraHealthProps): VNode {
  const here = typeof document !== "undefined";
  const news = here ? cameraNews(props.status.id).value : null;
  const status = news?.status ?? props.status;
  const nowMs = here ? Math.max(now.value, props.nowMs) : props.nowMs;
  const { frame_age_ms, fps, brightness, failures, reconnects_per_hour, viewers } = status;
  return (
    <>
      {status.state !== "off" && <Score status={status} />}
      <dl class="facts">
        <Fact name="Newest picture">
          {frame_age_ms === null
            ? "none yet"
            : pictureAge(frame_age_ms + (news === null ? 0 : Math.max(0, Date.now() - news.atMs)))}
        </Fact>
        <Fact name="Pictures a second">{Math.round(fps * 10) / 10}</Fact>
        <Fact name="Brightness">
          {brightness === null ? "not known" : `${Math.round(brightness / 2.55)} %`}
        </Fact>
        <Fact name="Failures in a row">{failures}</Fact>
        <Fact name="Connected anew">
          {`${timesWords(reconnects_per_hour)} in the last hour`}
        </Fact>
        <Fact name="Watched by">{viewers === 1 ? "one viewer" : `${viewers} viewers`}</Fact>
      </dl>
      <Recovery status={status} nowMs={nowMs} zone={props.zone} />
    </>
  );
}

function timesWords(n: number): string {
  return n === 0 ? "not" : n === 1 ? "once" : `${n} times`;
}

function Score({ status: { score, terms } }: { status: CameraStatus }): VNode {
  const lost = terms.filter(({ points }) => points > 0);
  return (
    <>
      <p class="camera-score">
        <span class="now-value">{Math.round(score)}</span>
        <span class="muted">{` of 100`}</span>
      </p>
      {lost.length === 0
        ? <p class="muted">Nothing takes points away.</p>
        : (
          <ul class="camera-terms">
            {lost.map(({ name, points, text }) => (
              <li key={name}>{`−${Math.round(points)}: ${text}`}</li>
            ))}
          </ul>
        )}
    </>
  );
}

function Recovery({ status, nowMs, zone }: CameraHealthProps): VNode | null {
  const { recovery_level, next_try_ms, last_error, state } = status;
  if (state === "off") return null;
  return (
    <>
      {recovery_level > 0 && (
        <p>
          {RECOVERY_WORDS[recovery_level]}
          {next_try_ms !== null && (
            <>
              {" in "}
              <time
                dateTime={new Date(next_try_ms).toISOString()}
                title={dateTime(next_try_ms, zone)}
              >
                {duration(Math.max(1_000, next_try_ms - nowMs))}
              </time>
            </>
          )}.
        </p>
      )}
      {last_error !== null && !saysWhy(state) && (
        <p class="muted">{`Last trouble: ${last_error}`}</p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
