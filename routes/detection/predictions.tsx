import type { VNode } from "preact";
import { z } from "zod";
import { ClassWord, PredictionNews, PredictionsNow } from "../../islands/predictions_now.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { predictionOf } from "../../lib/detect/predict/prediction.ts";
import { isLearning } from "../../lib/detect/predict/rules.ts";
import type { StoredOutlook } from "../../lib/detect/predict/shapes.ts";
import { title } from "../../lib/words/names.ts";
import { dateTime } from "../../lib/words/times.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { Island } from "../frame/island.tsx";
import { hrefWith, machineTitleAt } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { Chip, Chips, Empty, More, Removable, Table, UnderMore } from "../frame/parts.tsx";
import { idParams } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { Explanation, type PredictionParts, sourceWords } from "./prediction.tsx";
import { findPrediction, judgePrediction } from "./predictions_api.ts";

/** Six screens of a phone. */
const PAGE = 30;

const Query = z.object({
  q: wordsField,
  machine: z.string().max(2000).optional(),
  class: z.enum(["normal", "warning", "critical"]).optional().catch(undefined),
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
}).loose();
type Filter = Pick<z.output<typeof Query>, "q" | "machine" | "class">;

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
        const filter: Filter = { q: query.q, machine: query.machine, class: query.class };
        const since = parts.place();
        const { cursor } = query;
        const { q: search, ...named } = filter;
        const asked = { ...named, search, cursor, limit: PAGE };
        const past = await parts.predictions.store.outlooks(asked);
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
      params: idParams(20),
      handler: async ({ c, who, params }) => {
        const outlook = await findPrediction(parts.predictions, params.id);
        const mayJudge = atLeast(who!.role, "engineer") && outlook.class !== "normal";
        return parts.frame.answer(c, who, {
          title: machineTitleAt(parts.machines, outlook.machine),
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
        params: idParams(20),
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
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== "");
  return (
    <>
      <UnderMore />
      <Filtered name="now">
        <Island
          name="PredictionsNow"
          component={PredictionsNow}
          props={{
            items: parts.predictions.current().map((one) =>
              predictionOf(one, parts, parts.clock.now())
            ),
            machines: parts.predictions.machines().length,
            brief: !first || filtered,
            nowMs: parts.clock.now(),
          }}
        />
      </Filtered>
      {first && (
        <Island
          name="PredictionNews"
          component={PredictionNews}
          props={{ newest: newest === undefined ? null : String(newest) }}
        />
      )}
      <ListFilter
        path="/predictions"
        value={filter.q}
        keep={filter}
        label="Filter by machine or what is said"
      />
      <Filtered>
        <Filters filter={filter} parts={parts} />
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
      </Filtered>
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
              <td class="text">{machineTitleAt(parts.machines, o.machine)}</td>
              <td class="text">
                <ClassWord kind={o.class} learning={isLearning(o)} />
              </td>
              <td>{isLearning(o) ? "–" : o.score.toFixed(2)}</td>
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

function Filters({ filter, parts }: { filter: Filter; parts: PredictionParts }): VNode {
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
        <Removable href={hrefWith("/predictions", { ...filter, machine: undefined })}>
          {machineTitleAt(parts.machines, filter.machine)}
        </Removable>
      )}
    </Chips>
  );
}
