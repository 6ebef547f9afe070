import type { VNode } from "preact";
import type { FeatureShare, SensorShare } from "../../lib/detect/predict/shapes.ts";
import { number, withUnit } from "../../lib/words/numbers.ts";

/** A part in a prediction as it is drawn: its name, and a link where there is a page for it. */
export interface DrawnPart {
  share: SensorShare | FeatureShare;
  title: string;
  href?: string;
  note?: string;
  /** Beside its numbers. */
  unit?: string;
}

/**
 * Parts as bars: how much each contributed, and beneath where its value lies in or outside the
 * normal range. The words beside say the same, so the drawing is decoration. `calm`: without colour, for a
 * machine that runs as usual.
 */
export function PartBars(
  { parts, calm }: { parts: readonly DrawnPart[]; calm: boolean },
): VNode {
  return (
    <ol class="parts">
      {parts.map(({ share, title, href, note, unit }) => (
        <li key={title + (note ?? "")}>
          <p class="part-name">
            {href ? <a href={href}>{title}</a> : title}
            {note && <span class="muted">{` ${note}`}</span>}
            {share.outside && (
              <span class={calm ? "state" : "state warning"}>
                {!calm && <span class="mark" aria-hidden="true">▲</span>}
                outside its range
              </span>
            )}
          </p>
          <p class="part-share">{`${Math.round(share.contribution * 100)} %`}</p>
          <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="4" />
            <rect class="bar" width={(100 * share.contribution).toFixed(1)} height="4" />
          </svg>
          <Place share={share} calm={calm} />
          <p class="part-words muted">{wordsOf(share, unit)}</p>
        </li>
      ))}
    </ol>
  );
}

/** The normal range as a band, its middle as a line, the value as a mark. */
function Place({ share, calm }: { share: SensorShare; calm: boolean }): VNode | null {
  const { value, low, middle, high, outside } = share;
  if (![value, low, high].every(Number.isFinite)) return null;
  const least = Math.min(value, low), most = Math.max(value, high);
  const span = most - least || 1;
  // Five hundredths of air at both sides.
  const at = (x: number) => 5 + 90 * (x - least) / span;
  return (
    <svg class="place" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" y="5.5" width="100" height="1" />
      <rect
        class="usual"
        x={at(low).toFixed(2)}
        width={Math.max(0.5, at(high) - at(low)).toFixed(2)}
        height="12"
      />
      {Number.isFinite(middle) && (
        <rect class="middle" x={at(middle).toFixed(2)} width="0.3" height="12" />
      )}
      <rect
        class={outside && !calm ? "value outside" : "value"}
        x={(at(value) - 0.6).toFixed(2)}
        width="1.2"
        height="12"
      />
    </svg>
  );
}

function wordsOf({ value, low, high }: SensorShare, unit?: string): string {
  if (!Number.isFinite(value)) return "no value now";
  const now = withUnit(number(value), unit);
  if (!Number.isFinite(low)) return `${now}; what is usual is not known yet`;
  return `${now}, usually ${number(low)} to ${number(high)}`;
}
