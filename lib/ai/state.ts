/** How analyses, their model and its tokens stand, as the API and the page show it. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { type Analysis, OVERALL } from "./analysis.ts";
import type { Today } from "./budget.ts";
import type { ModelState } from "./create_ask.ts";

export const analystShape = z.object({
  model: z.string().nullable().describe("that is asked; null: there is no key, rules write"),
  model_fix: z.string().nullable().describe("for corrections of scripts"),
  asks_model: z.boolean().describe("as the settings say"),
  resting: z.object({ reason: z.string(), until_ms: msField }).nullable()
    .describe("the model is not asked until then"),
  last: z.object({ at_ms: msField, model: z.string(), failure: z.string().nullable() }).nullable()
    .describe("last question to the model since the start"),
  tokens: z.object({
    day: z.string(),
    used: z.number(),
    limit: z.number(),
    calls: z.number(),
    until_ms: msField.describe("when the next day begins"),
  }),
  monitoring: z.boolean(),
  monitoring_s: z.number(),
  latest: z.object({ id: z.number(), at_ms: msField, overall: z.enum(OVERALL), author: z.string() })
    .nullable(),
}).meta({ id: "Analyst" });
export type Analyst = z.output<typeof analystShape>;

export function analystOf(
  { model, settings, today, latest }: {
    /** Null without a key. */
    model: ModelState | null;
    settings: {
      model: string;
      modelFix: string;
      asksModel: boolean;
      monitoring: boolean;
      monitoringS: number;
    };
    today: Today;
    latest: Analysis | null;
  },
): Analyst {
  const { resting, last } = model ?? { resting: null, last: null };
  return {
    model: model === null ? null : settings.model,
    model_fix: model === null ? null : settings.modelFix,
    asks_model: settings.asksModel,
    resting: resting && { reason: resting.sentence, until_ms: resting.untilMs },
    last: last && { at_ms: last.atMs, model: last.model, failure: last.failure },
    tokens: {
      day: today.day,
      used: today.tokens,
      limit: today.limit,
      calls: today.calls,
      until_ms: today.untilMs,
    },
    monitoring: settings.monitoring,
    monitoring_s: settings.monitoringS,
    latest: latest && {
      id: latest.id,
      at_ms: latest.tMs,
      overall: latest.overall,
      author: latest.author,
    },
  };
}
