import type { Route } from "../http/route.ts";
import { analysisRoutes } from "./api.ts";
import { chatForm } from "./chat.tsx";
import { analysesPages } from "./list.tsx";
import { analysisPage, type AnalysisPageParts } from "./one.tsx";
import { createPaces } from "./request.ts";

export type { AnalysisPageParts } from "./one.tsx";
export { chatBeside } from "./chat.tsx";
export { analystNow } from "./request.ts";

/** Analyses of the plant, their report, and questions about it. */
export function aiPartRoutes(parts: AnalysisPageParts): Route[] {
  const paces = createPaces(parts);
  return [
    ...analysisRoutes(parts, paces),
    ...analysesPages(parts, paces),
    ...analysisPage(parts, paces),
    chatForm(parts, paces),
  ];
}
