/** What a dashboard is made of: tiles in an order, each of one of five kinds. */
import { z } from "zod";
import { msField } from "../base/wire.ts";

export const TILE_KINDS = ["value", "chart", "table", "status", "text"] as const;
export type TileKind = typeof TILE_KINDS[number];

export const TILE_SIZES = ["small", "wide", "full"] as const;
export type TileSize = typeof TILE_SIZES[number];

/** How far a chart goes back. */
export const CHART_RANGES = ["1h", "6h", "24h", "7d", "30d"] as const;
export type ChartRange = typeof CHART_RANGES[number];

export const LINES_MOST = 6;
export const ROWS_MOST = 40;
export const TILES_MOST = 24;
const TEXT_MOST = 4_000;

const title = z.string().trim().max(80).optional().describe("left out: what it shows");
const size = z.enum(TILE_SIZES);
const sensor = z.string().min(1).max(2000);
const place = z.string().max(2000);

export const tileSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("value"),
    title,
    size: size.default("small"),
    sensor: sensor.describe("id or name"),
  }),
  z.strictObject({
    kind: z.literal("chart"),
    title,
    size: size.default("wide"),
    sensors: z.array(sensor).min(1).max(LINES_MOST),
    range: z.enum(CHART_RANGES).default("6h"),
  }),
  z.strictObject({
    kind: z.literal("table"),
    title,
    size: size.default("wide"),
    sensors: z.array(sensor).max(ROWS_MOST).default([]),
    machine: place.optional().describe("machine or area: all of its sensors"),
  }),
  z.strictObject({
    kind: z.literal("status"),
    title,
    size: size.default("wide"),
    machine: place.optional().describe("machine or area; left out: the whole plant"),
  }),
  z.strictObject({
    kind: z.literal("text"),
    title,
    size: size.default("wide"),
    text: z.string().max(TEXT_MOST).describe("Markdown"),
  }),
]).meta({ id: "Tile" });
export type Tile = z.output<typeof tileSchema>;

const titleField = z.string().trim().min(1, "give it a title").max(80);
const tilesField = z.array(tileSchema).max(TILES_MOST);

export const newDashboardShape = z.strictObject({
  title: titleField,
  shared: z.boolean().default(false).describe("everybody who signs in may see it"),
  tiles: tilesField.default([]),
}).meta({ id: "NewDashboard" });
export type NewDashboard = z.output<typeof newDashboardShape>;

export const dashboardPatchShape = z.strictObject({
  title: titleField.optional(),
  shared: z.boolean().optional(),
  tiles: tilesField.optional().describe("all of them, in their order"),
}).meta({ id: "DashboardPatch" });
export type DashboardPatch = z.output<typeof dashboardPatchShape>;

export const dashboardShape = z.strictObject({
  id: z.string(),
  title: z.string(),
  shared: z.boolean(),
  mine: z.boolean().describe("the asker's own"),
  tiles: z.array(tileSchema).describe("sensors and machines by id"),
  created_ms: msField,
  changed_ms: msField,
}).meta({ id: "Dashboard" });

/** A dashboard in memory. */
export interface Dashboard {
  id: string;
  title: string;
  ownerId: string;
  shared: boolean;
  tiles: readonly Tile[];
  createdMs: number;
  changedMs: number;
}

/** A dashboard on the wire, as somebody sees it. */
export function shownDashboard(
  { id, title, ownerId, shared, tiles, createdMs, changedMs }: Dashboard,
  who: { id: string },
): z.output<typeof dashboardShape> {
  return {
    ...{ id, title, shared, mine: ownerId === who.id, tiles: [...tiles] },
    created_ms: createdMs,
    changed_ms: changedMs,
  };
}

/** What is stored of tiles; one that another version made stands there as a text that says so. */
export function storedTiles(tiles: readonly unknown[]): Tile[] {
  return tiles.map((tile) => {
    const parsed = tileSchema.safeParse(tile);
    if (parsed.success) return parsed.data;
    return { kind: "text", size: "small", text: "This Perch does not know this kind of tile." };
  });
}
