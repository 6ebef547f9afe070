import type { Route } from "../http/route.ts";
import { backtestPages } from "./backtest.tsx";
import type { BacktestParts } from "./backtest_form.tsx";
import { backtestRoutes } from "./backtests_api.ts";
import { modelPages, type ModelParts } from "./models.tsx";
import { aiRoutes, type AiServices } from "./models_api.ts";
import { predictionPages } from "./predictions.tsx";
import { predictionRoutes } from "./predictions_api.ts";

/** Predictions, the models behind them, and detectors tried on the past. */
export function detectionRoutes(parts: ModelParts & BacktestParts & AiServices): Route[] {
  return [
    ...predictionRoutes(parts),
    ...aiRoutes(parts),
    ...backtestRoutes(parts),
    ...backtestPages(parts),
    ...predictionPages(parts),
    ...modelPages(parts),
  ];
}
