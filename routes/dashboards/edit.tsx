import type { VNode } from "preact";
import { z } from "zod";
import { type Dashboard, type Tile, TILE_KINDS } from "../../lib/dashboards/dashboard.ts";
import { mayChange } from "../../lib/dashboards/dashboards.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { type FormState, NO_FORM, stateOf } from "../frame/form_page.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { dashboardHref, machineTitle } from "../frame/links.ts";
import { itemActions } from "../frame/option_form.tsx";
import { Answer, Chip, Chips, Crumbs, Empty, More, Post } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { askerOf, type BoardParts, PAGE } from "./request.ts";
import { calledIn, KIND_NAMES, TileForm, tileOfForm } from "./tile_form.tsx";

const path = `${PAGE}/:id/edit`;
const editHref = (id: string) => `${dashboardHref(id)}/edit`;
const Query = z.object({ add: z.enum(TILE_KINDS).optional(), saved: z.string().max(8).optional() })
  .loose();
const texts = z.record(z.string().max(40), z.string().max(100_000));
const nothing = z.strictObject({});
const place = z.coerce.number().int().min(0).max(1_000);

/** `/dashboards/:id/edit`: title, who sees it, and its tiles, by forms. */
export function dashboardEditPages(parts: BoardParts): Route[] {
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const page = {
    path,
    idOf,
    draw: (context: RouteContext, state: FormState) => draw(parts, context, idOf(context), state),
  };
  const action = itemActions(page, editHref);

  /** Changes its tiles as they are now; who sent the form from an older page is told so. */
  async function withTiles(
    id: string,
    context: RouteContext,
    change: (tiles: Tile[]) => Tile[],
  ): Promise<string> {
    const { tiles } = await parts.dashboards.find(id, askerOf(context));
    await save(id, { tiles: change([...tiles]) }, context);
    return `${editHref(id)}?saved=yes`;
  }
  const save = (id: string, patch: Partial<Dashboard>, context: RouteContext) => {
    const { title, shared, tiles } = patch;
    return parts.dashboards.change(
      id,
      { title, shared, ...(tiles === undefined ? {} : { tiles: [...tiles] }) },
      askerOf(context),
      auditedBy(parts.audit, context),
    );
  };

  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => page.draw(context, NO_FORM),
    }),
    action(
      "settings",
      "viewer",
      z.strictObject({ title: z.string(), shared: z.enum(["yes", "no"]) }),
      async (id, { title, shared }, context) => {
        if (title.trim() === "" || title.length > 80) {
          const message = "Give it a title of at most 80 characters.";
          throw new PerchError("validation", message, { errors: [{ path: "title", message }] });
        }
        await save(id, { title: title.trim(), shared: shared === "yes" }, context);
        return `${editHref(id)}?saved=yes`;
      },
    ),
    action("tile", "viewer", texts, async (id, values, context) => {
      const { at } = z.object({ at: place.optional() }).parse(values);
      const tile = await tileOfForm(parts, values);
      return withTiles(id, context, (tiles) => {
        if (at === undefined) return [...tiles, tile];
        needed(tiles, at);
        return tiles.with(at, tile);
      });
    }),
    action(
      "move",
      "viewer",
      z.strictObject({ at: place, by: z.enum(["-1", "1"]) }),
      (id, { at, by }, context) =>
        withTiles(id, context, (tiles) => {
          const [tile] = [needed(tiles, at), tiles.splice(at, 1)];
          tiles.splice(Math.max(0, at + Number(by)), 0, tile);
          return tiles;
        }),
    ),
    action(
      "drop",
      "viewer",
      z.strictObject({ at: place }),
      (id, { at }, context) =>
        withTiles(id, context, (tiles) => {
          needed(tiles, at);
          return tiles.toSpliced(at, 1);
        }),
    ),
    action("remove", "viewer", nothing, async (id, _, context) => {
      await parts.dashboards.remove(id, askerOf(context), auditedBy(parts.audit, context));
      return PAGE;
    }),
  ];
}

function needed(tiles: readonly Tile[], at: number): Tile {
  const tile = tiles[at];
  if (tile) return tile;
  throw new PerchError("conflict", "this tile is not there any more; look again");
}

async function draw(
  parts: BoardParts,
  context: RouteContext,
  id: string,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const dashboard = await parts.dashboards.find(id, askerOf(context));
  if (!mayChange(dashboard, askerOf(context))) {
    throw new PerchError("forbidden", "this dashboard is somebody else's; copy it to change it");
  }
  const { add, saved } = Query.parse(c.req.query());
  const isTile = state.form === "tile";
  const at = isTile && state.values.at !== undefined ? Number(state.values.at) : null;
  const asked = TILE_KINDS.find((kind) => kind === (isTile ? state.values.kind : add));
  const kind = asked ?? "value";
  const elsewhere = state.form !== "settings" && !isTile;
  return parts.frame.answer(c, who, {
    title: `Edit: ${dashboard.title}`,
    place: PAGE,
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Dashboards</a> / <a href={dashboardHref(id)}>{dashboard.title}</a>
        </Crumbs>
        <Answer>{`Edit “${dashboard.title}”`}</Answer>
        {saved !== undefined && state.status < 400 && (
          <p class="saved" role="status">
            Saved. <a href={dashboardHref(id)}>See the dashboard</a>
          </p>
        )}
        <FormError>{elsewhere ? Object.values(state.errors)[0] : undefined}</FormError>
        {dashboard.tiles.length === 0 && (
          <Empty>It has no tiles yet. Add the first one below.</Empty>
        )}
        {dashboard.tiles.map((tile, i) => (
          <TileCard
            key={i}
            parts={parts}
            dashboard={dashboard}
            tile={tile}
            at={i}
            state={at === i ? stateOf(state, "tile") : NO_FORM}
          />
        ))}
        <section class="card" aria-labelledby="add">
          <h2 id="add">Add a tile</h2>
          <Chips label="Kinds of tiles">
            {TILE_KINDS.map((one) => (
              <Chip key={one} href={`${editHref(id)}?add=${one}#add`} on={one === kind}>
                {KIND_NAMES[one]}
              </Chip>
            ))}
          </Chips>
          <TileForm
            parts={parts}
            action={`${editHref(id)}/tile`}
            at={null}
            kind={kind}
            tile={null}
            {...(at === null ? stateOf(state, "tile") : NO_FORM)}
          />
        </section>
        <Settings dashboard={dashboard} state={stateOf(state, "settings")} />
        <More href={dashboardHref(id)}>See the dashboard</More>
      </>
    ),
  });
}

function TileCard(
  { parts, dashboard, tile, at, state }: {
    parts: BoardParts;
    dashboard: Dashboard;
    tile: Tile;
    at: number;
    state: Pick<FormState, "errors" | "values">;
  },
): VNode {
  const action = editHref(dashboard.id);
  const name = `tile ${at + 1}`;
  const fields = (more: Record<string, string> = {}) => ({ at: String(at), ...more });
  return (
    <section class="card tile-edit" aria-labelledby={`tile-${at}`}>
      <div class="tile-line">
        <h2 id={`tile-${at}`}>
          {`${at + 1}. ${tile.title || summaryOf(parts, tile)}`}
          <span class="area">{`${KIND_NAMES[tile.kind]}, ${tile.size}`}</span>
        </h2>
        <div class="buttons">
          {at > 0 && (
            <Post
              action={`${action}/move`}
              fields={fields({ by: "-1" })}
              seen
              look="small"
              label={`Move ${name} up`}
            >
              Up
            </Post>
          )}
          {at < dashboard.tiles.length - 1 && (
            <Post
              action={`${action}/move`}
              fields={fields({ by: "1" })}
              seen
              look="small"
              label={`Move ${name} down`}
            >
              Down
            </Post>
          )}
          <Post
            action={`${action}/drop`}
            fields={fields()}
            seen
            look="small"
            label={`Remove ${name}`}
          >
            Remove
          </Post>
        </div>
      </div>
      <details class="more-form" open={Object.keys(state.errors).length > 0}>
        <summary>{`Change ${name}`}</summary>
        <TileForm
          parts={parts}
          action={`${action}/tile`}
          at={at}
          kind={tile.kind}
          tile={tile}
          {...state}
        />
      </details>
    </section>
  );
}

/** What a tile shows, where nobody gave it a title. */
function summaryOf({ sensors, machines }: BoardParts, tile: Tile): string {
  const sensor = (id: string) => {
    const found = sensors.find(id);
    return found === undefined ? "deleted sensor" : calledIn(machines, found);
  };
  const place = (id: string) => {
    const found = machines.find(id);
    return found === undefined ? id : machineTitle(found);
  };
  switch (tile.kind) {
    case "value":
      return sensor(tile.sensor);
    case "chart":
      return tile.sensors.map(sensor).join(", ");
    case "table":
      return [
        ...(tile.machine === undefined ? [] : [place(tile.machine)]),
        ...tile.sensors.map(sensor),
      ].join(", ");
    case "status":
      return tile.machine === undefined ? "The whole plant" : place(tile.machine);
    case "text":
      return tile.text.slice(0, 60);
  }
}

function Settings(
  { dashboard, state }: { dashboard: Dashboard; state: Pick<FormState, "errors" | "values"> },
): VNode {
  const { id, title, shared } = dashboard;
  const { errors, values } = state;
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Title and readers</h2>
      <form method="post" action={`${editHref(id)}/settings`}>
        <SeenField />
        <Field name="title" label="Title" value={values.title ?? title} error={errors.title} />
        <Select
          name="shared"
          label="Who sees it"
          value={values.shared ?? (shared ? "yes" : "no")}
          options={[["no", "Only you, and admins"], ["yes", "Everybody who signs in"]]}
          error={errors.shared}
        />
        <button type="submit" class="primary">Save</button>
      </form>
      <details class="more-form">
        <summary>Delete this dashboard</summary>
        <Post
          action={`${editHref(id)}/remove`}
          seen
          about={<p class="help">Screens that show it show nothing from then on.</p>}
        >
          {`Delete ${title}`}
        </Post>
      </details>
    </section>
  );
}
