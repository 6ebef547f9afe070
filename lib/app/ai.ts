import type { Outgoing } from "../base/outgoing.ts";
import type { AskModel } from "../ai/ask.ts";
import { type Budget, createBudget } from "../ai/budget.ts";
import { type Asker, createAsker } from "../ai/create_ask.ts";
import { createGemini } from "../ai/gemini.ts";
import { createUsageStore } from "../ai/usage_store.ts";
import type { Access } from "../access/access.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

/** The model, and what is spent on it. */
export interface ModelParts {
  /** Null without a key. */
  askModel: AskModel | null;
  /** Null without a key. */
  asker: Asker | null;
  budget: Budget;
}

/** Nothing of the SDK is loaded before the first question. */
export function createModelParts(
  { config, clock, log, storage, settings, shedding, zone }: Foundation,
  { outgoing, access, machines: { registry } }: {
    outgoing: Outgoing;
    access: Access;
    machines: MachineParts;
  },
): ModelParts {
  const { key, baseUrl, verbose } = config.gemini;
  const budget = createBudget({
    db: storage.db,
    clock,
    store: createUsageStore(storage.db),
    zone,
    limit: () => settings.get("ai.tokens_per_day"),
  });
  if (key === null) return { askModel: null, asker: null, budget };
  const asker = createAsker({
    client: createGemini({ key, baseUrl, outgoing }),
    clock,
    log: log.child("ai"),
    budget,
    modelFor: (purpose) => settings.get(purpose === "correction" ? "ai.model_fix" : "ai.model"),
    refusal() {
      if (!settings.get("ai.ask_model")) return "The settings say that no model is asked.";
      return shedding.refusal("ai")?.message ?? null;
    },
    names: () => settings.get("ai.hide_names") ? namesOf(registry, access) : [],
    verbose,
  });
  return { askModel: asker.ask, asker, budget };
}

/** What machines, sensors and people are called. */
function namesOf({ all, machines }: MachineParts["registry"], access: Access): string[] {
  return [
    ...all().flatMap((
      { name, machine, sensor, settings },
    ) => [name, machine, sensor, settings.display_name ?? ""]),
    ...machines.all().map(({ name }) => name ?? ""),
    ...access.users.list().map(({ name }) => name ?? ""),
  ];
}
