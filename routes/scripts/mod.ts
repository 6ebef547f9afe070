import type { PageParts } from "../frame/page_parts.ts";
import type { Route } from "../http/route.ts";
import { scriptApi } from "./api.ts";
import { scriptPages } from "./pages.tsx";
import type { ScriptServices } from "./request.ts";

export type ScriptParts = PageParts & ScriptServices;

/** Codecs and detectors that people wrote: the API and the pages. */
export function scriptsRoutes(parts: ScriptParts): Route[] {
  return [...scriptApi(parts), ...scriptPages(parts)];
}
