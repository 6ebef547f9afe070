import assert from "node:assert/strict";
import { cameraStatus } from "../cameras/camera_view.ts";
import { createCameraNews } from "./camera_news.ts";

type State = ReturnType<typeof cameraStatus>["state"];

Deno.test("camera news: a new state is said while nobody listens, the same again only to who does", () => {
  const said: unknown[] = [];
  let listens = false;
  const hub = {
    hears: () => listens,
    publish: (_: string, data: unknown) => void said.push((data as { state: State }).state),
  };
  let state: State | null = "starting";
  const tell = createCameraNews(hub, () => state === null ? null : { state } as never);
  const saidOf = (next: State | null) => {
    state = next;
    tell("door");
    return said.splice(0);
  };
  assert.deepEqual(saidOf("starting"), ["starting"]);
  assert.deepEqual(saidOf("live"), ["live"]);
  assert.deepEqual(saidOf("live"), []);
  assert.deepEqual(saidOf("lost"), ["lost"]);
  listens = true;
  assert.deepEqual(saidOf("lost"), ["lost"]);
  listens = false;
  assert.deepEqual(saidOf(null), []);
  assert.deepEqual(saidOf("lost"), ["lost"], "another of that id");
});
