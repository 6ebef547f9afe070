import type { VNode } from "preact";
import { ClassMark } from "../../islands/predictions_now.tsx";
import type { Clock } from "../../lib/base/clock.ts";
import type { PredictionNames } from "../../lib/detect/predict/prediction.ts";
import { isLearning } from "../../lib/detect/predict/rules.ts";
import type { Outlook, StoredOutlook } from "../../lib/detect/predict/shapes.ts";
import { sensorTitle, title } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import type { PageFrame } from "../frame/layout.tsx";
import { hrefWith, machineTitleAt, sensorHref } from "../frame/links.ts";
import { Answer, Fact, Facts, More } from "../frame/parts.tsx";
import { lifeWords } from "../../lib/detect/predict/life_words.ts";
import { type DrawnPart, PartBars } from "./parts_drawn.tsx";
import type { PredictionServices } from "./predictions_api.ts";

export interface PredictionParts extends PredictionServices {
  frame: PageFrame;
  clock: Clock;
  /** Where the event stream stands. */
  place: () => string;
  zone: string;
}

/** Features and sensors drawn before the fold. */
const DRAWN = 8;

/** Why a machine is judged as it is, and what to do. */
export function Explanation(
  { parts, outlook, mayJudge }: {
    parts: PredictionParts;
    outlook: StoredOutlook;
    mayJudge: boolean;
  },
): VNode {
  const { machine, tMs } = outlook;
  const calm = outlook.class === "normal";
  const learning = isLearning(outlook);
  const sensorParts = outlook.sensors.map((share) => sensorPart(parts.sensors, share.name, share));
  const featureParts = outlook.features.map((share): DrawnPart => ({
    share,
    title: share.about.charAt(0).toUpperCase() + share.about.slice(1),
    note: share.sensor === null ? undefined : calledBy(parts.sensors, share.sensor),
  }));
  return (
    <>
      <Answer>
        <ClassMark kind={outlook.class} />
        {`${machineTitleAt(parts.machines, machine)}: ${outlook.summary}`}
      </Answer>
      <Facts figures>
        <Fact name="Class">{learning ? "Learning" : title(outlook.class)}</Fact>
        <Fact name="Score">{learning ? "–" : outlook.score.toFixed(2)}</Fact>
        <Fact name="Confidence">{`${Math.round(outlook.confidence * 100)} %`}</Fact>
        <Fact name="Judged by">{sourceWords(outlook)}</Fact>
        <Fact name="At">{dateTime(tMs, parts.zone)}</Fact>
      </Facts>
      <section class="card" aria-labelledby="action">
        <h2 id="action">What to do</h2>
        <p>{`${outlook.action}.`}</p>
        <p class="muted">
          {`Remaining life: ${lifeWords(outlook.life, parts.sensors, parts.clock.now())}.`}
        </p>
        {(mayJudge || outlook.verdict !== null) && (
          <Feedback outlook={outlook} mayJudge={mayJudge} />
        )}
      </section>
      <Drawn
        id="sensors"
        heading="Sensors"
        about="How much each contributed, and its value within its normal range (the band)."
        parts={sensorParts}
        calm={calm}
      />
      {featureParts.length === 0
        ? (
          <p class="muted">
            Features are judged once the machine has a model; <a href="/models">models</a>{" "}
            says how far that is.
          </p>
        )
        : (
          <Drawn
            id="features"
            heading="Features"
            about="The 25 numbers that the model looks at: standard scores and ratios to training."
            parts={featureParts}
            calm={calm}
          />
        )}
      <More href={hrefWith("/predictions", { machine })}>All predictions of this machine</More>
    </>
  );
}

/** What people made of it, and what that does. */
function Feedback({ outlook, mayJudge }: { outlook: StoredOutlook; mayJudge: boolean }): VNode {
  const { id, verdict } = outlook;
  return (
    <>
      <p>
        {verdict === null
          ? "Was something wrong? The next model leaves out times of real faults and takes " +
            "those of false alarms as normal."
          : verdict === "real"
          ? "Marked as real: the next model does not learn from this time."
          : "Marked as a false alarm: the next model takes this time as normal."}
      </p>
      {mayJudge && (
        <form method="post" class="judge">
          {verdict !== "real" && (
            <button type="submit" class="small" formAction={`/predictions/${id}/real`}>Real</button>
          )}
          {verdict !== "false_alarm" && (
            <button type="submit" class="small" formAction={`/predictions/${id}/false_alarm`}>
              False alarm
            </button>
          )}
        </form>
      )}
    </>
  );
}

function Drawn(
  { id, heading, about, parts, calm }: {
    id: string;
    heading: string;
    about: string;
    parts: DrawnPart[];
    calm: boolean;
  },
): VNode {
  const rest = parts.slice(DRAWN);
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      <p class="muted">{about}</p>
      <PartBars parts={parts.slice(0, DRAWN)} calm={calm} />
      {rest.length > 0 && (
        <details class="table">
          <summary>{`${rest.length} more`}</summary>
          <PartBars parts={rest} calm={calm} />
        </details>
      )}
    </section>
  );
}

function sensorPart(
  sensors: PredictionNames["sensors"],
  name: string,
  share: DrawnPart["share"],
): DrawnPart {
  const sensor = sensors.find(name);
  return {
    share,
    title: calledBy(sensors, name),
    href: sensor && sensorHref(sensor.id),
    unit: sensor?.unit ?? undefined,
  };
}

function calledBy(sensors: PredictionNames["sensors"], name: string): string {
  return sensorTitle(sensors.find(name) ?? { sensor: name, settings: { display_name: null } });
}

/** Who judged: the rules or a model. */
export function sourceWords(o: Outlook): string {
  return o.source === "rules" ? "rules" : `model ${o.modelVersion}`;
}
