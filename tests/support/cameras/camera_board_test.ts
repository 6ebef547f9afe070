import assert from "node:assert/strict";
import { startCameraBoard } from "./camera_board.ts";

Deno.test("camera board: whoever still waits when the looking ends is told so", async () => {
  const board = startCameraBoard({ cameras: () => Promise.resolve([]) });
  const waiting = assert.rejects(
    board.until("a camera", "live", () => true, 2_000),
    /a camera: live was waited for when the looking ended/,
  );
  await board[Symbol.asyncDispose]();
  await waiting;
});
