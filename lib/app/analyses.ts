import type { Analyses } from "../ai/analyses.ts";
import { createAnalyses } from "../ai/analyses.ts";
import type { Analysis } from "../ai/analysis.ts";
import { createAnalysisStore } from "../ai/analysis_store.ts";
import { type Chat, createChat } from "../ai/chat.ts";
import { reportOf } from "../ai/report.ts";
import type { SiteFacts } from "../ai/facts.ts";
import type { AlarmTransition } from "../alarms/keeper.ts";
import { PerchError } from "../base/errors.ts";
import type { EventDraft } from "../events/event.ts";
import type { Notify } from "../notify/notify.ts";
import type { ModelParts } from "./ai.ts";
import type { Foundation } from "./foundation.ts";

export interface AnalysisParts {
  analyses: Analyses;
  chat: Chat;
  /** Mails the report of an analysis; gives the names of the channels. @throws `conflict` without one */
  mailReport(analysis: Analysis, by: string | null): Promise<string[]>;
}

/** Part of a day's tokens that monitoring leaves to what people ask. */
const LEFT_TO_PEOPLE = 0.25;

/** Analyses, their report by mail, and the chat. Nothing of it works before somebody asks or a setting says so. */
export function createAnalysisParts(
  { clock, log, storage, settings, events, shedding, bus, zone }: Foundation,
  { model: { askModel }, notify, facts }: {
    model: ModelParts;
    notify: Pick<Notify, "mail" | "mailing">;
    facts: () => Promise<SiteFacts>;
  },
): AnalysisParts {
  async function mailReport(analysis: Analysis, by: string | null): Promise<string[]> {
    const names = notify.mailing();
    if (names.length === 0) {
      throw new PerchError(
        "conflict",
        "there is no email channel that is on: add one on the page Channels, or set SMTP_SERVER and " +
          "RECIPIENT_EMAIL",
      );
    }
    await events.append(mailedEvent(analysis, by, clock.now(), zone()));
    const subject = `analysis:${analysis.id}`;
    const { items } = await events.list({ subject, types: ["analysis.mailed"], limit: 1 });
    await notify.mail(items[0]);
    return names;
  }

  shedding.register({ name: "ai" });
  const analyses = createAnalyses({
    clock,
    log: log.child("ai"),
    store: createAnalysisStore(storage.db),
    facts,
    askModel,
    options: () => ({
      monitoring: settings.get("ai.monitoring"),
      monitoringMs: settings.get("ai.monitoring_s") * 1000,
      mailCritical: settings.get("ai.mail_critical"),
      keep: settings.get("ai.keep"),
      leaveTokens: Math.ceil(settings.get("ai.tokens_per_day") * LEFT_TO_PEOPLE),
    }),
    isShed: () => shedding.isShed("ai"),
    mail: async (analysis) => void await mailReport(analysis, null),
  });
  settings.onChange((key) => key.startsWith("ai.") && analyses.wake());
  bus.subscribe("alarms", ({ transitions }) => {
    if (transitions.some(isCritical)) analyses.critical();
  });
  return { analyses, chat: createChat({ facts, askModel }), mailReport };
}

/** An alarm that is new, or got worse, and is critical. */
function isCritical({ alarm, type }: AlarmTransition): boolean {
  return alarm.severity === "critical" && alarm.state === "active" &&
    ["alarm.raised", "alarm.changed", "alarm.reopened"].includes(type);
}

const SEVERITIES = { Good: "info", Fair: "info", Poor: "warning", Critical: "critical" } as const;

function mailedEvent(
  analysis: Analysis,
  by: string | null,
  tMs: number,
  zone: string,
): EventDraft {
  const report = reportOf(analysis, zone);
  return {
    type: "analysis.mailed",
    subject: `analysis:${analysis.id}`,
    severity: SEVERITIES[analysis.overall],
    tMs,
    text: report.title,
    actor: by,
    body: { report },
    route: false,
  };
}
