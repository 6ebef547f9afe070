import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Dashboard } from "../../lib/dashboards/dashboard.ts";
import { flagField } from "../http/params.ts";
import { wantsHtml } from "../http/request.ts";
import { type Route, route } from "../http/route.ts";
import { bareDocument } from "./bare_document.tsx";
import { boardOf, type BoardParts, KIOSK } from "./request.ts";
import { BoardView } from "./view.tsx";

const REFRESH_S = 30;
/** A screen whose link shows nothing looks so often whether it does again. */
const AGAIN_S = 60;
const ASKED = { links: false, charts: true };

/** `/kiosk/<secret>`: one dashboard for whoever has the link; read only, and nothing else of Perch. */
export function kioskPages(parts: BoardParts): Route[] {
  const { kioskLinks } = parts;
  const params = z.object({ secret: z.string().max(200) });
  const shown = async (secret: string): Promise<Dashboard> => {
    const dashboard = await kioskLinks.open(secret);
    if (dashboard !== null) return dashboard;
    // The same for a link that was revoked and for one that never was.
    throw new PerchError("not_found", "this link shows nothing");
  };
  return [
    route({
      method: "get",
      path: `${KIOSK}/:secret`,
      policy: "public",
      summary: null,
      params,
      query: z.object({ theme: z.string().max(10).optional() }).loose(),
      handler: async ({ c, params: { secret } }) => {
        const dashboard = await kioskLinks.open(secret);
        if (dashboard === null && wantsHtml(c)) {
          const answer = bareDocument(c, parts, {
            title: "This link shows nothing",
            look: "public",
            status: 404,
            children: (
              <>
                <h1>This link shows nothing</h1>
                <p>It was revoked, or it is not complete. Ask an admin of Perch for a new one.</p>
              </>
            ),
          });
          answer.headers.set("refresh", String(AGAIN_S));
          return answer;
        }
        const { title, tiles, changedMs } = dashboard ?? await shown(secret);
        const board = await boardOf(parts, { tiles, changedMs }, ASKED);
        return bareDocument(c, parts, {
          ...{ title, look: "kiosk", refreshS: REFRESH_S },
          children: (
            <>
              <h1>{title}</h1>
              <BoardView
                board={board}
                tiles={tiles}
                address={`${KIOSK}/${encodeURIComponent(secret)}/now`}
                zone={parts.zone}
                clock
              />
            </>
          ),
        });
      },
    }),
    route({
      method: "get",
      path: `${KIOSK}/:secret/now`,
      policy: "public",
      summary: null,
      params,
      query: z.object({ charts: flagField("with the lines of charts") }),
      handler: async ({ params: { secret }, query }) => {
        const asked = { links: false, charts: query.charts === true };
        return Response.json(await boardOf(parts, await shown(secret), asked));
      },
    }),
  ];
}
