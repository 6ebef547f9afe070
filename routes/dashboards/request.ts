/** What the API and the pages of dashboards share. */
import type { Users } from "../../lib/access/users.ts";
import type { Board } from "../../lib/live/board.ts";
import type { Dashboard } from "../../lib/dashboards/dashboard.ts";
import type { Asker, Dashboards } from "../../lib/dashboards/dashboards.ts";
import type { KioskLinks } from "../../lib/dashboards/kiosk_links.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { RouteContext } from "../http/route.ts";
import type { Assets } from "../http/static.ts";
import { type BoardAsked, type Boards, type BoardServices } from "./board.ts";

export interface DashboardServices extends BoardServices {
  dashboards: Dashboards;
  kioskLinks: KioskLinks;
  settings: Pick<Settings, "get" | "setAll">;
}

export interface DashboardPageParts extends PageParts, DashboardServices {
  assets: Assets;
  users: Pick<Users, "find">;
  /** The path below which Perch stands; `""` at the root. */
  base: string;
  /** `PERCH_PUBLIC_URL`. */
  publicUrl: string | null;
}

/** The same with what fills tiles, for the files of this folder. */
export interface BoardParts extends DashboardPageParts {
  boards: Boards;
}

export const PAGE = "/dashboards";
export const KIOSK = "/kiosk";

/** Who asks; the policy of the route lets nobody else in. */
export const askerOf = ({ who }: Pick<RouteContext, "who">): Asker => who!;

/** What a dashboard shows now. */
export async function boardOf(
  parts: Pick<BoardParts, "boards" | "clock" | "assets" | "zone">,
  { tiles, changedMs }: Pick<Dashboard, "tiles" | "changedMs">,
  asked: BoardAsked,
): Promise<Board> {
  const { boards, clock } = parts;
  return {
    version: versionOf(parts, changedMs),
    now_ms: clock.now(),
    charts_every_ms: boards.chartsEveryMs(tiles),
    tiles: await boards.tiles(tiles, asked),
  };
}

/** Another one: the page was made by another Perch, of a dashboard that was changed, or in another time zone. */
export function versionOf(
  { assets, zone }: { assets: Pick<Assets, "get">; zone: string },
  changedMs: number,
): string {
  const files = ["built/board.js", "built/perch.css"].map((path) => assets.get(path)?.hash ?? "");
  return `${changedMs}-${files.join("-")}-${zone}`;
}
