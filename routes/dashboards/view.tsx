/** Tiles as a page draws them, for those who signed in and for screens. */
import type { VNode } from "preact";
import { BoardState } from "../../islands/board_state.tsx";
import { BoardTile } from "../../islands/board_tile.tsx";
import type { Board, BoardTile as Shown } from "../../lib/live/board.ts";
import type { Tile } from "../../lib/dashboards/dashboard.ts";
import { Island } from "../frame/island.tsx";
import { Markdown } from "../frame/markdown.tsx";

/** The board, and where what it shows next is asked for. */
export function BoardView(
  { board, tiles, address, zone, clock = false }: {
    board: Board;
    tiles: readonly Tile[];
    address: string;
    zone: string;
    /** Shows the time: a screen that stands still is seen to. */
    clock?: boolean;
  },
): VNode {
  return (
    <div class="board-frame" data-board={address} data-version={board.version}>
      <Island
        name="BoardState"
        component={BoardState}
        props={{ zone, clock, nowMs: board.now_ms }}
      />
      <div class="board">
        {board.tiles.map((shown, i) => (
          <TileCard
            key={i}
            index={i}
            tile={tiles[i]}
            shown={shown}
            nowMs={board.now_ms}
            zone={zone}
          />
        ))}
      </div>
    </div>
  );
}

function TileCard(
  { index, tile, shown, nowMs, zone }: {
    index: number;
    tile: Tile;
    shown: Shown;
    nowMs: number;
    zone: string;
  },
): VNode {
  const id = `tile-${index}`;
  const { title, about, href } = shown;
  return (
    <section
      class={`card tile is-${tile.kind} size-${tile.size}`}
      aria-labelledby={title === "" ? undefined : id}
      aria-label={title === "" ? "Text" : undefined}
    >
      {title !== "" && (
        <h2 id={id}>
          {href === null ? title : <a href={href}>{title}</a>}
          {about && <span class="area">{about}</span>}
        </h2>
      )}
      {tile.kind === "text" ? <Markdown text={tile.text} /> : (
        <Island
          name="BoardTile"
          component={BoardTile}
          props={{ index, initial: shown, nowMs, zone }}
        />
      )}
    </section>
  );
}
