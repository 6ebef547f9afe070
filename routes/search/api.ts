import { z } from "zod";
import { HIT_KINDS, hitShape } from "../../lib/search/hit.ts";
import type { Search } from "../../lib/search/search.ts";
import { limitField, list } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const MOST = 100;
const BY_DEFAULT = 20;

/** `GET /api/search`. */
export function searchApi(search: Search): Route {
  return route({
    method: "get",
    path: "/api/search",
    policy: "viewer",
    summary: "Everything that has these words in its name, the best first",
    tags: ["Search"],
    query: z.strictObject({
      q: z.string().max(200).describe("words; one wrong letter is forgiven where nothing fits"),
      kind: list(z.enum(HIT_KINDS)).optional(),
      limit: limitField(MOST, BY_DEFAULT),
    }),
    example: { query: { q: "press 3" } },
    responses: {
      200: {
        description: "What the caller may open",
        schema: z.object({ items: z.array(hitShape) }).meta({ id: "SearchHitList" }),
      },
    },
    handler: async ({ who, query: { q, kind, limit = BY_DEFAULT } }) => {
      // No kind crowds out the others.
      const each = kind === undefined ? Math.ceil(limit / 3) : limit;
      return Response.json({
        items: await search.find(q, who, { kinds: kind, each, most: limit }),
      });
    },
  });
}
