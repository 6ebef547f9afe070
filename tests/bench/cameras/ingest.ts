import { type BenchPerch } from "../ingest/setup.ts";
import { streamLatency } from "../ingest/latency.ts";
import { doing, median } from "../../support/bench.ts";
import type { RtspServer } from "../../support/cameras/rtsp_server.ts";
import { startMosquitto } from "../../support/mosquitto.ts";
import { startBare, TAKING } from "./bare.ts";
import { CAMERA_ENV, cameraSite } from "./site.ts";

const NAMES = ["North", "East", "South", "West"];
const SETTLE_MS = 8_000;

/** From publishing to the event stream, without cameras and with four, in turn. */
export async function besideIngest(
  server: RtspServer,
  rounds: number,
  seconds: number,
): Promise<Record<string, number>> {
  const without: number[] = [], withFour: number[] = [];
  // The server encodes all the while, as its cost is that of no Perch.
  const taking = startBare(server.url, TAKING);
  const prepare = async (perch: BenchPerch, names: readonly string[]) => {
    const site = await cameraSite(perch);
    for (const name of names) await site.add(name, "rtsp", { url: server.url });
    // Starting is over, in both cases.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  };
  for (let round = 1; round <= rounds; round++) {
    for (const [seen, names] of [[without, []], [withFour, NAMES]] as const) {
      doing(`ingest, ${names.length} cameras`, round, rounds);
      await using broker = await startMosquitto();
      const { p99 } = await streamLatency({
        mqttPort: broker.port,
        seconds,
        env: CAMERA_ENV,
        prepare: (perch) => prepare(perch, names),
      });
      seen.push(p99);
    }
  }
  await taking.stop();
  return {
    ingest_p99_alone_ms: median(without),
    ingest_p99_four_cameras_ms: median(withFour),
    ingest_p99_four_of_alone: median(withFour) / median(without),
  };
}
