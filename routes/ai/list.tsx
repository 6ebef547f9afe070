import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { type Analysis, OVERALL } from "../../lib/ai/analysis.ts";
import type { Analyst } from "../../lib/ai/state.ts";
import type { PageOf } from "../../lib/db/list.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { clockTime, dateTime, duration } from "../../lib/words/times.ts";
import { FormError } from "../frame/form.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { hrefWith } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { Answer, Chip, Chips, Empty, Fact, Facts, More, Post, UnderMore } from "../frame/parts.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { chatBeside } from "./chat.tsx";
import type { AnalysisPageParts } from "./one.tsx";
import { analyseNow, analystNow, type Paces, switchMonitoring } from "./request.ts";
import { authorWords, Badge } from "./words.tsx";

const PAGE = 20;
const Query = z.object({
  q: wordsField,
  overall: z.enum(OVERALL).optional().catch(undefined),
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
}).loose();
type Filter = z.output<typeof Query>;

/** `/analyses`: how the plant was judged, what the model costs, monitoring, and questions. */
export function analysesPages(parts: AnalysisPageParts, paces: Paces): Route[] {
  const { analyses } = parts.analyst;
  const chat = chatBeside(parts);

  async function draw(context: RouteContext, query: Filter, sent: SentForm): Promise<Response> {
    const { overall, cursor, q } = query;
    const page = await analyses.list({ overall, cursor, search: q, limit: PAGE });
    return parts.frame.answer(context.c, context.who, {
      title: "Analyses",
      place: "/more",
      script: "lists",
      status: sent.status,
      content: (
        <div class="events-page analyses-page">
          <Content
            page={page}
            analyst={await analystNow(parts)}
            filter={query}
            nowMs={context.nowMs}
            zone={parts.zone}
            mayAct={atLeast(context.who!.role, "engineer")}
            error={Object.values(sent.errors)[0]}
          />
          <aside aria-label="Questions about the plant">{chat(context, "/analyses")}</aside>
        </div>
      ),
    });
  }
  const again = (context: RouteContext, sent: SentForm) => draw(context, {}, sent);

  return [
    route({
      method: "get",
      path: "/analyses",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query, NOTHING_SENT),
    }),
    formAction("/analyses/analyse", z.strictObject({}), async (_, context) => {
      const { id } = await analyseNow(parts, paces, context);
      return `/analyses/${id}`;
    }, again),
    formAction(
      "/analyses/monitoring",
      z.strictObject({ on: z.enum(["yes", "no"]) }),
      async ({ on }, context) => {
        await switchMonitoring(parts, context, on === "yes");
        return "/analyses";
      },
      again,
    ),
  ];
}

function Content(
  { page, analyst, filter, nowMs, zone, mayAct, error }: {
    page: PageOf<Analysis>;
    analyst: Analyst;
    filter: Filter;
    nowMs: number;
    zone: string;
    mayAct: boolean;
    error?: string;
  },
): VNode {
  const { latest } = analyst;
  const [first] = page.items;
  return (
    <div>
      <UnderMore />
      <Answer>
        {latest === null ? "The plant has not been analysed yet" : (
          <>
            The plant is judged <Badge overall={latest.overall} />
          </>
        )}
      </Answer>
      <FormError>{error}</FormError>
      <p class="prose">{first !== undefined && first.id === latest?.id && first.summary}</p>
      {mayAct && <Post action="/analyses/analyse" look="primary">Analyse now</Post>}
      <ModelCard analyst={analyst} nowMs={nowMs} zone={zone} mayAct={mayAct} />
      {(page.items.length > 0 || isFiltered(filter)) && (
        <ListFilter
          path="/analyses"
          value={filter.q}
          keep={{ overall: filter.overall }}
          label="Filter by what is said"
        />
      )}
      <Filtered>
        {(page.items.length > 0 || isFiltered(filter)) && <Filters filter={filter} />}
        {page.items.length === 0
          ? <Nothing filter={filter} mayAct={mayAct} />
          : (
            <ul class="analyses card">
              {page.items.map((one) => (
                <li key={one.id}>
                  <a href={`/analyses/${one.id}`}>
                    <Badge overall={one.overall} />{" "}
                    <time
                      dateTime={new Date(one.tMs).toISOString()}
                      title={dateTime(one.tMs, zone)}
                    >
                      {clockTime(one.tMs, nowMs, zone)}
                    </time>
                  </a>
                  <p>{one.summary}</p>
                  <p class="muted">
                    {`by ${authorWords(one)}, ${
                      one.issues.length === 1 ? "1 issue" : `${one.issues.length} issues`
                    }${one.tokens > 0 ? `, ${grouped(one.tokens)} tokens` : ""}`}
                  </p>
                </li>
              ))}
            </ul>
          )}
        {page.next !== null && (
          <More
            href={hrefWith("/analyses", {
              q: filter.q,
              overall: filter.overall,
              cursor: page.next,
            })}
          >
            Older analyses
          </More>
        )}
      </Filtered>
    </div>
  );
}

const isFiltered = ({ q, overall }: Filter) => !!q || overall !== undefined;

function Filters({ filter: { q, overall } }: { filter: Filter }): VNode {
  return (
    <Chips label="How it was judged">
      <Chip href={hrefWith("/analyses", { q })} on={overall === undefined}>All</Chip>
      {OVERALL.map((one) => (
        <Chip key={one} href={hrefWith("/analyses", { q, overall: one })} on={overall === one}>
          {one}
        </Chip>
      ))}
    </Chips>
  );
}

function Nothing({ filter, mayAct }: { filter: Filter; mayAct: boolean }): VNode {
  if (isFiltered(filter)) {
    return (
      <Empty>
        No analysis fits. <a href="/analyses">Show all</a>
      </Empty>
    );
  }
  return (
    <Empty>
      {mayAct
        ? "Press “Analyse now”, or switch monitoring on: then one is made whenever something changes."
        : "An engineer can have one made, or switch monitoring on."}
    </Empty>
  );
}

/** Who writes analyses, what that cost today, and whether they are made without being asked for. */
function ModelCard(
  { analyst, nowMs, zone, mayAct }: {
    analyst: Analyst;
    nowMs: number;
    zone: string;
    mayAct: boolean;
  },
): VNode {
  const { model, asks_model, resting, tokens, monitoring, monitoring_s } = analyst;
  return (
    <section class="card" aria-labelledby="writes">
      <h2 id="writes">Who writes them</h2>
      {model === null
        ? (
          <p>
            The rules of Perch. With a key of Google in <code>GEMINI_API_KEY</code>{" "}
            a model writes them; see <a href="/guides/analyses">the guide</a>.
          </p>
        )
        : asks_model
        ? <p>{`The model ${model}; the rules of Perch where it gives no answer.`}</p>
        : <p>The rules of Perch: the settings say that the model is not asked.</p>}
      {resting !== null && (
        <p class="state warning">
          <span class="mark" aria-hidden="true">▲</span>
          {`${resting.reason} It is asked again in ${duration(resting.until_ms - nowMs)}.`}
        </p>
      )}
      <Facts>
        {model !== null && (
          <Fact name="Tokens today">
            {`${grouped(tokens.used)} of ${grouped(tokens.limit)} in ${
              tokens.calls === 1 ? "1 question" : `${tokens.calls} questions`
            }, until ${clockTime(tokens.until_ms, nowMs, zone)}`}
          </Fact>
        )}
        <Fact name="Monitoring">
          {monitoring
            ? `on: looks every ${monitoring_s} s and analyses when something changed`
            : "off: analyses are made when somebody asks"}
        </Fact>
      </Facts>
      {mayAct && (
        <Post action="/analyses/monitoring" fields={{ on: monitoring ? "no" : "yes" }}>
          {monitoring ? "Switch monitoring off" : "Switch monitoring on"}
        </Post>
      )}
    </section>
  );
}
