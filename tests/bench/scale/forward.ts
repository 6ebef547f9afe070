import type { BenchResult } from "../../support/bench.ts";
import { doing, median } from "../../support/bench.ts";
import { forwardedFrom } from "../../support/forwarded.ts";
import { httpThroughput } from "../ingest/http.ts";
import { benchPerch } from "../ingest/setup.ts";

const EDGES = 10;
const BATCH = 1_000;
/** What ten edges send together, paced. */
const WANTED_PER_S = 10_000;

/**
 * What a centre takes from ten edges, beside the plain ingest of the same Perch in the same run. The edges are made up:
 * ten Perches on the host that is measured would measure themselves. Each has a key of its own and sends its messages
 * as an edge does, one after the other, each after the answer to the one before.
 */
export async function forwardPart(
  figures: BenchResult["figures"],
  notes: string[],
  quick: boolean,
): Promise<void> {
  const rounds = quick ? 1 : 3;
  const batches = quick ? 40 : 100;
  const plain: number[] = [], forwarded: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    doing("plain ingest over HTTP", round, rounds);
    plain.push((await httpThroughput({ batches, env: {} })).json);
    doing("from ten edges, as fast as they can", round, rounds);
    forwarded.push((await fromEdges(batches, Infinity)).perS);
  }
  doing("from ten edges, 10 000 readings/s");
  const paced = await fromEdges(quick ? 30 : 100, WANTED_PER_S);
  Object.assign(figures, {
    forward_plain_ingest_per_s: median(plain),
    forward_ten_edges_per_s: median(forwarded),
    forward_ratio_to_plain_ingest: median(forwarded) / median(plain),
    forward_paced_per_s: paced.perS,
    forward_paced_answer_p99_ms: paced.p99Ms,
  });
  notes.push(`forward: ${EDGES} edges, messages of ${BATCH} readings, gzip`);
}

async function fromEdges(
  batches: number,
  perS: number,
): Promise<{ perS: number; p99Ms: number }> {
  const perch = await benchPerch({ MQTT_PORT: "0" }, "admin");
  try {
    const sites = await Promise.all(Array.from({ length: EDGES }, async (_, i) => {
      const response = await fetch(`${perch.perch.url}/api/sites`, {
        method: "POST",
        headers: { ...perch.headers, "content-type": "application/json" },
        body: JSON.stringify({ id: `edge-${i}` }),
      });
      const { line } = await response.json();
      return { id: `edge-${i}`, key: new URL(line).password };
    }));
    const each = batches / EDGES;
    const bodies = await Promise.all(
      sites.map(({ id }, edge) =>
        Promise.all(Array.from({ length: each }, (_, n) => body(id, edge, n)))
      ),
    );
    const answers: number[] = [];
    const startMs = performance.now();
    await Promise.all(sites.map(async ({ id, key }, edge) => {
      for (let n = 0; n < each; n++) {
        const dueMs = startMs + (n * EDGES * BATCH / perS) * 1_000;
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        const sentMs = performance.now();
        const response = await fetch(`${perch.perch.url}/api/sites/${id}/forward`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${key}`,
            "content-type": "application/json",
            "content-encoding": "gzip",
          },
          body: bodies[edge][n],
        });
        const answer = await response.json();
        if (answer.readings !== n + 1) throw new Error(JSON.stringify(answer));
        answers.push(performance.now() - sentMs);
      }
    }));
    const seconds = (performance.now() - startMs) / 1_000;
    const stored = await perch.metric("perch_readings_stored_total");
    if (stored !== batches * BATCH) throw new Error(`${stored} stored of ${batches * BATCH}`);
    answers.sort((a, b) => a - b);
    return { perS: stored / seconds, p99Ms: answers[Math.floor(answers.length * 0.99)] };
  } finally {
    await perch.stop();
  }
}

async function body(node: string, edge: number, n: number): Promise<Uint8Array<ArrayBuffer>> {
  const startMs = Date.UTC(2026, 0, 1) + n * 5_000;
  const index = Array.from({ length: BATCH }, (_, i) => i);
  const message = forwardedFrom({
    ...{ node, host: node },
    readings: {
      ...{ after: n, to: n + 1, sensors: index.slice(0, 20).map((s) => `bench/m/s${s}`) },
      s: index.map((i) => i % 20),
      t: index.map((i) => i === 0 ? startMs : i % 20 === 0 ? 100 : 0),
      v: index.map((i) => ((i * 7_919 + edge) % 4_000) / 100),
      f: index.map(() => 0),
    },
  });
  const packed = new Blob([JSON.stringify(message)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
