import { decide } from "../../lib/access/policy.ts";
import { createSearch } from "../../lib/search/search.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { Route } from "../http/route.ts";
import { searchApi } from "./api.ts";
import { searchPage } from "./page.tsx";
import { searchSources, type SourceParts } from "./sources.ts";

export type SearchRouteParts = PageParts & SourceParts;

/** One search over everything: as an answer to programs and the palette, and as a page. */
export function searchRoutes(parts: SearchRouteParts): Route[] {
  const search = createSearch({
    sources: searchSources(parts),
    may: (policy, who) => decide(policy, "get", who, false).allow,
  });
  return [searchApi(search), searchPage(parts, search)];
}
