import type { VNode } from "preact";
import { dateTime } from "../lib/words/times.ts";
import type { Verdict } from "../lib/words/verdict.ts";
import { foundWords, type Mark } from "./anomaly_mark.ts";

const ICONS = { info: "●", warning: "▲", critical: "■" } as const;
const SHOWN = 50;

/** The anomalies of a range, newest first, each with its reason and people's verdicts on it. */
export function AnomalyList(
  { marks, unit, decimals, zone, mayJudge }: {
    marks: readonly Mark[];
    unit: string | null;
    decimals: number | null;
    zone: string;
    mayJudge: boolean;
  },
): VNode {
  return (
    <section class="anomalies" aria-labelledby="anomalies">
      <h2 id="anomalies">Anomalies</h2>
      {marks.length === 0 && <p class="muted">Nothing unusual was found in this range.</p>}
      <ul>
        {marks.slice(0, SHOWN).map((mark) => (
          <li key={mark.id}>
            <p>
              <span class={`mark ${mark.severity}`}>
                <span aria-hidden="true">{ICONS[mark.severity]}</span> {mark.severity}
              </span>{" "}
              <time dateTime={new Date(mark.at_ms).toISOString()}>
                {dateTime(mark.at_ms, zone)}
              </time>
            </p>
            <What mark={mark} unit={unit} decimals={decimals} />
            {mark.feedback !== null && (
              <p class="muted">
                {mark.feedback === "real" ? "Marked as real." : "Marked as a false alarm."}
              </p>
            )}
            {mayJudge && (
              <form method="post" class="judge">
                <Judge mark={mark} verdict="real" text="Real" />
                <Judge mark={mark} verdict="false_alarm" text="False alarm" />
              </form>
            )}
          </li>
        ))}
      </ul>
      {marks.length > SHOWN && (
        <p class="muted">
          {`The newest ${SHOWN} of ${marks.length}. Choose a shorter range to see the others.`}
        </p>
      )}
    </section>
  );
}

/** What was found, in the words of a plant; how a detector came to it is one click below. */
function What(
  { mark, unit, decimals }: { mark: Mark; unit: string | null; decimals: number | null },
): VNode {
  return (
    <details>
      <summary>{foundWords(mark, unit, decimals)}</summary>
      <p>
        {mark.reason}. <span class="muted">{`· ${mark.detector}`}</span>
      </p>
    </details>
  );
}

function Judge(
  { mark, verdict, text }: { mark: Mark; verdict: Verdict; text: string },
): VNode | null {
  if (mark.feedback === verdict) return null;
  return (
    <button type="submit" class="small" formAction={`/anomalies/${mark.id}/${verdict}`}>
      {text}
    </button>
  );
}
