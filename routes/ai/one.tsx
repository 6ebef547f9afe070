import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import type { Analysis } from "../../lib/ai/analysis.ts";
import { RULES } from "../../lib/ai/rules.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { FormError } from "../frame/form.tsx";
import { hrefWith } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty, Fact, Facts, More, Post } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";
import { idForm } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type AnalysisServices, mailNow, type Paces } from "./request.ts";
import { authorWords, Badge, IssueSeverity, TRIGGER_WORDS } from "./words.tsx";

export type AnalysisPageParts = PageParts & AnalysisServices;

/** `/analyses/:id`: what an analysis says, who wrote it, and what was sent for it. */
export function analysisPage(parts: AnalysisPageParts, paces: Paces): Route[] {
  const { analyses } = parts.analyst;

  async function draw(context: RouteContext, id: number, sent: SentForm): Promise<Response> {
    const analysis = await analyses.find(id);
    return parts.frame.answer(context.c, context.who, {
      title: `Analysis ${id}`,
      place: "/more",
      status: sent.status,
      content: (
        <Content
          analysis={analysis}
          nowMs={context.nowMs}
          zone={parts.zone}
          mayMail={atLeast(context.who!.role, "engineer")}
          seesSent={context.who!.role === "admin"}
          error={Object.values(sent.errors)[0]}
        />
      ),
    });
  }

  return [
    route({
      method: "get",
      path: "/analyses/:id",
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().regex(/^\d{1,15}$/) }),
      handler: (context) => draw(context, Number(context.params.id), NOTHING_SENT),
    }),
    formAction(
      "/analyses/mail",
      idForm,
      async ({ id }, context) => {
        const { analysis } = await mailNow(parts, paces, context, Number(id));
        return hrefWith("/events", { type: "analysis.mailed", subject: `analysis:${analysis.id}` });
      },
      (context, sent) => draw(context, Number(sent.values.id), sent),
    ),
  ];
}

function Content(
  { analysis, nowMs, zone, mayMail, seesSent, error }: {
    analysis: Analysis;
    nowMs: number;
    zone: string;
    mayMail: boolean;
    seesSent: boolean;
    error?: string;
  },
): VNode {
  const { id, overall, tMs, summary, issues, recommendations, insights } = analysis;
  return (
    <>
      <Crumbs>
        <a href="/analyses">Analyses</a>
      </Crumbs>
      <Answer>
        <Badge overall={overall} /> {ANSWERS[overall]}
      </Answer>
      <p class="prose">{summary}</p>
      <p class="muted analysis-made">
        <Exact tMs={tMs} zone={zone} /> (<Ago tMs={tMs} nowMs={nowMs} zone={zone} />), by{" "}
        {authorWords(analysis)}; {TRIGGER_WORDS[analysis.trigger]}
      </p>
      <FormError>{error}</FormError>
      {mayMail && <Post action="/analyses/mail" fields={{ id: String(id) }}>Mail this report</Post>}
      <section class="card" aria-labelledby="issues">
        <h2 id="issues">Issues</h2>
        {issues.length === 0 && <Empty>Nothing needs attention.</Empty>}
        <ul class="issues">
          {issues.map((issue, i) => (
            <li key={i}>
              <h3>
                <IssueSeverity severity={issue.severity} /> {issue.title}
              </h3>
              <p>{issue.evidence}</p>
              <p>
                <span class="muted">Probable cause:</span> {issue.cause}
              </p>
              <p>
                <span class="muted">What to do:</span> {issue.recommendation}
              </p>
            </li>
          ))}
        </ul>
      </section>
      <Lines id="recommendations" heading="Recommendations" lines={recommendations} />
      <Lines id="insights" heading="What may come" lines={insights.map(({ text }) => text)} />
      <Origin analysis={analysis} seesSent={seesSent} />
      <More href="/analyses">All analyses</More>
    </>
  );
}

const ANSWERS: Record<Analysis["overall"], string> = {
  Good: "Nothing needs attention",
  Fair: "Something is worth a look",
  Poor: "Several things need attention",
  Critical: "Something is critical",
};

function Lines(
  { id, heading, lines }: { id: string; heading: string; lines: readonly string[] },
): VNode | null {
  if (lines.length === 0) return null;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      <ul class="findings">
        {lines.map((line) => <li key={line}>{line}</li>)}
      </ul>
    </section>
  );
}

function Origin({ analysis, seesSent }: { analysis: Analysis; seesSent: boolean }): VNode {
  const { author, tokens, instead, sent } = analysis;
  return (
    <section class="card" aria-labelledby="origin">
      <h2 id="origin">How it was made</h2>
      <Facts>
        <Fact name="Written by">{authorWords(analysis)}</Fact>
        {author !== RULES && (
          <Fact name="To be read as">
            the words of a model: it may be wrong, and nothing was done because of it
          </Fact>
        )}
        {instead !== null && <Fact name="Why no model">{instead}</Fact>}
        <Fact name="Tokens">{grouped(tokens)}</Fact>
      </Facts>
      {sent === null && <p class="muted">Nothing left Perch for it.</p>}
      {sent !== null && !seesSent && (
        <p class="muted">Data of the plant was sent to the model; admins see what.</p>
      )}
      {sent !== null && seesSent && (
        <details class="table">
          <summary>What was sent</summary>
          <pre class="sent" tabIndex={0} role="region" aria-label="What was sent to the model">
            {sent}
          </pre>
        </details>
      )}
    </section>
  );
}
