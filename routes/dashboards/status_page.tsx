import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Board } from "../../lib/live/board.ts";
import type { Tile } from "../../lib/dashboards/dashboard.ts";
import { namesOf } from "../../lib/settings/setting.ts";
import { flagField } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { STRIP_EVERY_MS } from "./board.ts";
import { bareDocument } from "./bare_document.tsx";
import { type BoardParts, versionOf } from "./request.ts";
import { BoardView } from "./view.tsx";

const PAGE = "/status";
const REFRESH_S = 60;

/** `/status`: the listed machines and how they are, for everybody. Off unless an admin turned it on. */
export function statusPage(parts: BoardParts): Route[] {
  const { boards, clock, settings } = parts;

  async function board(charts: boolean): Promise<Board> {
    // Who does not know that it could be here learns nothing.
    if (!settings.get("status_page.enabled")) {
      throw new PerchError("not_found", "there is nothing at this path");
    }
    const names = namesOf(settings.get("status_page.machines"));
    return {
      version: versionOf(parts, 0),
      now_ms: clock.now(),
      charts_every_ms: STRIP_EVERY_MS,
      tiles: [await boards.status(names, { title: "Machines", links: false, charts })],
    };
  }

  return [
    route({
      method: "get",
      path: PAGE,
      policy: "public",
      summary: null,
      handler: async ({ c }) => {
        const shown = await board(true);
        const title = settings.get("status_page.title");
        const tiles: Tile[] = [{ kind: "status", size: "full" }];
        return bareDocument(c, parts, {
          ...{ title, look: "public", refreshS: REFRESH_S },
          children: (
            <>
              <h1>{title}</h1>
              <BoardView
                board={shown}
                tiles={tiles}
                address={`${PAGE}/now`}
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
      path: `${PAGE}/now`,
      policy: "public",
      summary: null,
      query: z.object({ charts: flagField("with the last 24 h") }),
      handler: async ({ query }) => Response.json(await board(query.charts === true)),
    }),
  ];
}
