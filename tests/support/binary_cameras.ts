/** What only a started binary shows of cameras: it starts ffmpeg with the permissions that it was compiled with. */
import assert from "node:assert/strict";
import type { RunningBinary } from "./binary_scripts.ts";
import { until } from "./until.ts";

/** A camera as a test sees it. */
export type TestCamera = ReturnType<typeof cameraAt>;

/** The camera of this id, over the API. */
export function cameraAt(
  { url, headers, patienceMs }: Pick<RunningBinary, "url" | "headers" | "patienceMs">,
  id: string,
) {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/api/cameras/${id}${path}`, { headers, ...init });
    if (response.ok) return response;
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const status = async () => await (await ask("/status")).json();
  return {
    status,
    set: (settings: Record<string, number>) =>
      ask("", { method: "PATCH", body: JSON.stringify({ settings }) }),
    /** Resolves with the status once it is so. */
    is: (...states: string[]) =>
      until(`a camera that is ${states}`, async () => {
        const now = await status();
        return states.includes(now.state) ? now : null;
      }, patienceMs),
    async snapshot(): Promise<Uint8Array> {
      const picture = await (await ask("/snapshot")).bytes();
      assert.deepEqual([...picture.subarray(0, 3)], [0xff, 0xd8, 0xff], "a JPEG");
      return picture;
    },
    /** Reads the live picture until so many came. */
    async watch(count: number): Promise<void> {
      const response = await ask("/stream");
      let text = "";
      for await (const chunk of response.body!) {
        text = (text + new TextDecoder("latin1").decode(chunk)).slice(-400_000);
        if (text.split("Content-Type: image/jpeg").length > count + 1) return;
      }
      throw new Error("the stream ended");
    },
  };
}

/** A test pattern is live, and gives a picture. */
export async function assertCamerasWork(running: RunningBinary): Promise<void> {
  const { url, headers } = running;
  const post = (path: string, method: string, body: unknown) =>
    fetch(url + path, { method, headers, body: JSON.stringify(body) });
  // Under qemu the host is in need, and cameras rest.
  await (await post("/api/settings/host.emergency", "PATCH", { value: false })).body?.cancel();
  const options = { size: "320x180", rate: 5 };
  const camera = { name: "Pattern", kind: "test_pattern", options };
  const added = await post("/api/cameras", "POST", camera);
  assert.equal(added.status, 201, await added.clone().text());
  const pattern = cameraAt(running, (await added.json()).id);
  await pattern.is("live");
  assert.ok((await pattern.snapshot()).length > 1_000);
}
