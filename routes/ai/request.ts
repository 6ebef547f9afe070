/** What the calls of programs and the pages share. */
import { type Audit, settingChange } from "../../lib/access/audit.ts";
import type { Analyses } from "../../lib/ai/analyses.ts";
import type { Analysis } from "../../lib/ai/analysis.ts";
import type { Budget } from "../../lib/ai/budget.ts";
import type { Chat, ChatAnswer } from "../../lib/ai/chat.ts";
import type { Asker } from "../../lib/ai/create_ask.ts";
import { createPace, type Pace } from "../../lib/ai/pace.ts";
import { type Analyst, analystOf } from "../../lib/ai/state.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import { caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface AnalysisServices {
  clock: Clock;
  audit: Audit;
  settings: Settings;
  analyst: {
    analyses: Analyses;
    chat: Chat;
    budget: Budget;
    /** Null without a key. */
    asker: Asker | null;
    mailReport(analysis: Analysis, by: string | null): Promise<string[]>;
  };
}

/** What one person may ask in a minute. */
export interface Paces {
  analyses: Pace;
  questions: Pace;
  mails: Pace;
}

export function createPaces({ clock }: Pick<AnalysisServices, "clock">): Paces {
  return {
    analyses: createPace({ clock, perMinute: 6, what: "analyses" }),
    questions: createPace({ clock, perMinute: 20, what: "questions" }),
    mails: createPace({ clock, perMinute: 3, what: "reports" }),
  };
}

/** How everything stands. */
export async function analystNow({ analyst, settings }: AnalysisServices): Promise<Analyst> {
  return analystOf({
    model: analyst.asker?.state() ?? null,
    settings: {
      model: settings.get("ai.model"),
      modelFix: settings.get("ai.model_fix"),
      asksModel: settings.get("ai.ask_model"),
      monitoring: settings.get("ai.monitoring"),
      monitoringS: settings.get("ai.monitoring_s"),
    },
    today: await analyst.budget.today(),
    latest: await analyst.analyses.latest(),
  });
}

/** @throws PerchError `rate_limited` */
export async function analyseNow(
  { analyst }: AnalysisServices,
  paces: Paces,
  context: RouteContext,
): Promise<Analysis> {
  paces.analyses.take(personOf(context));
  return await analyst.analyses.analyse("asked");
}

/** @throws PerchError `rate_limited` */
export async function answerNow(
  { analyst }: AnalysisServices,
  paces: Paces,
  context: RouteContext,
  question: string,
): Promise<ChatAnswer> {
  paces.questions.take(personOf(context));
  return await analyst.chat.ask(question, sessionOf(context));
}

/** Switches monitoring on or off; it stays so over a restart. */
export async function switchMonitoring(
  { settings, audit }: AnalysisServices,
  context: RouteContext,
  on: boolean,
): Promise<void> {
  if (settings.get("ai.monitoring") === on) return;
  const actor = caller(context);
  await settings.set("ai.monitoring", on, actor.name, settingChange(audit, actor, "ai.monitoring"));
}

/** Mails the report of an analysis, of the latest when none is named. @throws `not_found`, `conflict` */
export async function mailNow(
  services: AnalysisServices,
  paces: Paces,
  context: RouteContext,
  id?: number,
): Promise<{ analysis: Analysis; channels: string[] }> {
  const { analyst: { analyses, mailReport }, audit } = services;
  paces.mails.take(personOf(context));
  const analysis = id !== undefined
    ? await analyses.find(id)
    : await analyses.latest() ?? await analyses.analyse("asked");
  const actor = caller(context);
  const channels = await mailReport(analysis, actor.name);
  await audit.record({
    actor,
    action: "analysis.mail",
    resource: `analysis:${analysis.id}`,
    after: { channels },
    touches: [],
  });
  return { analysis, channels };
}

const personOf = ({ who }: RouteContext) => `${who!.kind}:${who!.id}`;
/** What was said belongs to one sign-in. */
export const sessionOf = (context: RouteContext) =>
  `${personOf(context)}:${context.who!.session ?? ""}`;
