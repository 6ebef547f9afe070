/** Dashboards, screens on walls, and the public status page. */
import { startBoard, stayAwake } from "../board_now.ts";
import { BoardState } from "../board_state.tsx";
import { BoardTile } from "../board_tile.tsx";
import { bringToLife } from "../island.ts";

bringToLife({ BoardState, BoardTile });
startBoard();
if (document.body.classList.contains("kiosk")) stayAwake();
