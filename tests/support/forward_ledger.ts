/** The external ledger of forwarding: what an edge acknowledged, held against what its centre has. */
import assert from "node:assert/strict";
import type { AppUnderTest } from "./app.ts";
import type { PerchProcess } from "./perch.ts";
import { until } from "./until.ts";

export const SENSOR = "hall/press/load";
/** A host that does much else takes its time. */
export const WITHIN_MS = 180_000;

/** Which values were acknowledged at the edge, in order; each value is sent once. */
export class Ledger {
  readonly acknowledged: number[] = [];
  #next = 0;

  async send({ app }: AppUnderTest, n: number): Promise<void> {
    for (let left = n; left > 0; left -= 25) {
      const values = Array.from({ length: Math.min(left, 25) }, () => this.#next++);
      await app.parts().intake.offerBatch({
        ...{ source: "http", topic: "test", rejects: [] },
        drafts: values.map((value) => ({ sensor: SENSOR, value })),
      });
      this.acknowledged.push(...values);
    }
  }
}

export interface Centre {
  perch: PerchProcess;
  key: string;
}

/** An edge, its site `north` at a centre, and what it acknowledged. */
export interface ForwardPlant {
  centre: Centre;
  edge: AppUnderTest;
  ledger: Ledger;
}

export const edgeState = ({ app }: AppUnderTest) => app.parts().forwarder.state();

/** Which values the centre has of the sensor; null: it does not answer. */
export async function stored({ perch, key }: Centre): Promise<number[] | null> {
  const response = await fetch(
    `${perch.url}/api/readings?sensor=north/${SENSOR}&points=0&limit=50000&from=-1h`,
    { headers: { authorization: `Bearer ${key}` } },
  ).catch(() => null);
  if (response === null || response.status !== 200) {
    await response?.body?.cancel();
    return null;
  }
  return (await response.json()).v;
}

/** The centre has what the ledger has: nothing lost, nothing twice, in order. */
export async function agree(what: string, { centre, edge, ledger }: ForwardPlant): Promise<void> {
  const wanted = ledger.acknowledged;
  const last = wanted.at(-1)!;
  const found = await until(what, async () => {
    edge.app.parts().forwarder.wake();
    const values = await stored(centre);
    return values?.includes(last) ? values : null;
  }, WITHIN_MS);
  assert.deepEqual(found, wanted, what);
  if (Deno.env.get("TIMES")) console.log(what, wanted.length, Math.round(performance.now()));
}
