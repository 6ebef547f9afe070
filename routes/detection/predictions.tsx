import type { VNode } from "preact";
import { z } from "zod";
import {
  ClassMark,
  ClassWord,
  PredictionNews,
  PredictionsNow,
} from "../../islands/predictions_now.tsx";
import type { Clock } from "../../lib/base/clock.ts";
import { predictionOf } from "../../lib/detect/predict/prediction.ts";
import type { Outlook, StoredOutlook } from "../../lib/detect/predict/shapes.ts";
import { lastLevel } from "../../lib/machines/machine.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { label, title } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { hrefWith, sensorHref } from "../frame/links.ts";
import {
  Answer,
  Chip,
  Chips,
  Empty,
  Fact,
  Facts,
  More,
  Removable,
  Table,
} from "../frame/parts.tsx";
import { findPrediction, judgePrediction, type PredictionServices } from "./predictions_api.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { Island } from "../frame/island.tsx";
import type { PageFrame } from "../frame/layout.tsx";
import { type DrawnPart, PartBars } from "./parts_drawn.tsx";

export interface PredictionParts extends PredictionServices {
  sensors: SensorDirectory;
  frame: PageFrame;
  clock: Clock;
  /** Where the event stream stands. */
  place: () => string;
  zone: string;
}

const PAGE = 50;
/** Features and sensors drawn before the fold. */
const DRAWN = 8;

const Query = z.object({
  machine: z.string().max(2000).optional(),
  class: z.enum(["normal", "warning", "critical"]).optional().catch(undefined),
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
}).loose();
type Filter = Pick<z.output<typeof Query>, "machine" | "class">;

/** `/predictions`: what is said about machines now and before; `/predictions/:id`: why. */
export function predictionPages(parts: PredictionParts): Route[] {
  return [
    route({
      method: "get",
      path: "/predictions",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: async ({ c, who, query }) => {
        const filter: Filter = { machine: query.machine, class: query.class };
        const since = parts.place();
        const { cursor } = query;
        const past = await parts.predictions.store.outlooks({ ...filter, cursor, limit: PAGE });
        return parts.frame.answer(c, who, {
          title: "Predictions",
          place: "/more",
          script: "lists",
          stream: { types: "prediction,status" },
          since,
          content: <List parts={parts} filter={filter} past={past} first={cursor === undefined} />,
        });
      },
    }),
    route({
      method: "get",
      path: "/predictions/:id",
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().max(20) }),
      handler: async ({ c, who, params }) => {
        const outlook = await findPrediction(parts.predictions, params.id);
        const mayJudge = atLeast(who!.role, "engineer") && outlook.class !== "normal";
        return parts.frame.answer(c, who, {
          title: machineName(outlook.machine),
          place: "/more",
          content: <Explanation parts={parts} outlook={outlook} mayJudge={mayJudge} />,
        });
      },
    }),
    ...VERDICTS.map((verdict) =>
      route({
        method: "post",
        path: `/predictions/:id/${verdict}`,
        policy: "engineer",
        summary: null,
        params: z.object({ id: z.string().max(20) }),
        handler: async (context) => {
          const { id } = context.params;
          await judgePrediction(parts, context, id, verdict);
          return seeOther(`/predictions/${id}`);
        },
      })
    ),
  ];
}

function List(
  { parts, filter, past, first }: {
    parts: PredictionParts;
    filter: Filter;
    past: { items: StoredOutlook[]; next: string | null };
    first: boolean;
  },
): VNode {
  const newest = first ? past.items[0]?.id : undefined;
  const filtered = filter.machine !== undefined || filter.class !== undefined;
  return (
    <>
      <Island
        name="PredictionsNow"
        component={PredictionsNow}
        props={{
          items: parts.predictions.current().map((one) => predictionOf(one)),
          machines: parts.predictions.machines().length,
          brief: !first || filtered,
          nowMs: parts.clock.now(),
        }}
      />
      {first && (
        <Island
          name="PredictionNews"
          component={PredictionNews}
          props={{ newest: newest === undefined ? null : String(newest) }}
        />
      )}
      <Filters filter={filter} />
      {past.items.length === 0
        ? (
          <Empty>
            {filtered
              ? (
                <>
                  No predictions match. <a href="/predictions">Show all</a>
                </>
              )
              : "The first ones appear seconds after a machine's first readings of numbers."}
          </Empty>
        )
        : <Past items={past.items} parts={parts} />}
      {past.next !== null && (
        <More href={hrefWith("/predictions", { ...filter, cursor: past.next })}>
          Older predictions
        </More>
      )}
      <More href="/models">Models and training</More>
    </>
  );
}

function Past({ items, parts }: { items: StoredOutlook[]; parts: PredictionParts }): VNode {
  return (
    <section class="card" aria-labelledby="past">
      <h2 id="past">Earlier predictions</h2>
      <Table label="Predictions, newest first">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col" class="text">Machine</th>
            <th scope="col" class="text">Class</th>
            <th scope="col">Score</th>
            <th scope="col">Confidence</th>
            <th scope="col" class="text">By</th>
            <th scope="col" class="text">What</th>
          </tr>
        </thead>
        <tbody>
          {items.map((o) => (
            <tr key={o.id}>
              <th scope="row">
                <a href={`/predictions/${o.id}`}>
                  <time dateTime={new Date(o.tMs).toISOString()}>
                    {dateTime(o.tMs, parts.zone)}
                  </time>
                </a>
              </th>
              <td class="text">{machineName(o.machine)}</td>
              <td class="text">
                <ClassWord kind={o.class} />
              </td>
              <td>{o.score.toFixed(2)}</td>
              <td>{`${Math.round(o.confidence * 100)} %`}</td>
              <td class="text">{sourceWords(o)}</td>
              <td class="text wide">{o.summary}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Filters({ filter }: { filter: Filter }): VNode {
  return (
    <Chips label="Filters">
      {(["critical", "warning", "normal"] as const).map((kind) => {
        const on = filter.class === kind;
        return (
          <Chip
            key={kind}
            href={hrefWith("/predictions", { ...filter, class: on ? undefined : kind })}
            on={on}
          >
            {title(kind)}
          </Chip>
        );
      })}
      {filter.machine && (
        <Removable href={hrefWith("/predictions", { class: filter.class })}>
          {filter.machine}
        </Removable>
      )}
    </Chips>
  );
}

function Explanation(
  { parts, outlook, mayJudge }: {
    parts: PredictionParts;
    outlook: StoredOutlook;
    mayJudge: boolean;
  },
): VNode {
  const { machine, tMs } = outlook;
  const calm = outlook.class === "normal";
  const sensorParts = outlook.sensors.map((share) => sensorPart(parts.sensors, share.name, share));
  const featureParts = outlook.features.map((share): DrawnPart => ({
    share,
    title: share.about.charAt(0).toUpperCase() + share.about.slice(1),
    note: share.sensor === null ? undefined : label(lastLevel(share.sensor)),
  }));
  return (
    <>
      <Answer>
        <ClassMark kind={outlook.class} />
        {`${machineName(machine)}: ${outlook.summary}`}
      </Answer>
      <Facts figures>
        <Fact name="Class">{title(outlook.class)}</Fact>
        <Fact name="Score">{outlook.score.toFixed(2)}</Fact>
        <Fact name="Confidence">{`${Math.round(outlook.confidence * 100)} %`}</Fact>
        <Fact name="Judged by">{sourceWords(outlook)}</Fact>
        <Fact name="At">{dateTime(tMs, parts.zone)}</Fact>
      </Facts>
      <section class="card" aria-labelledby="action">
        <h2 id="action">What to do</h2>
        <p>{`${outlook.action}.`}</p>
        <p class="muted">{`Remaining life: ${outlook.life.text}.`}</p>
        {(mayJudge || outlook.verdict !== null) && <Said outlook={outlook} mayJudge={mayJudge} />}
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

/** What people said of it, and what that does. */
function Said({ outlook, mayJudge }: { outlook: StoredOutlook; mayJudge: boolean }): VNode {
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
  sensors: SensorDirectory,
  name: string,
  share: DrawnPart["share"],
): DrawnPart {
  const sensor = sensors.find(name);
  return {
    share,
    title: title(lastLevel(name)),
    href: sensor && sensorHref(sensor.id),
    note: sensor?.unit ?? undefined,
  };
}

function sourceWords(o: Outlook): string {
  return o.source === "rules" ? "rules" : `model ${o.modelVersion}`;
}

/** `hall-1/press-3` as people read it. */
export function machineName(machine: string): string {
  return title(lastLevel(machine));
}
