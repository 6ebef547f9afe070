import type { Access } from "../access/access.ts";
import { randomId } from "../base/ids.ts";
import type { Task } from "../base/supervisor.ts";
import { createDesk } from "../upstream/centre/desk.ts";
import type { Sites } from "../upstream/centre/sites.ts";
import { secretLabel } from "../upstream/sealed.ts";
import { ASK_FILTER } from "../upstream/topics.ts";
import type { Foundation } from "./foundation.ts";
import { atBroker } from "./at_broker.ts";

interface DeskNeeds {
  sites: Pick<Sites, "list" | "forward">;
  access: { keys: Pick<Access["keys"], "prove"> };
}

const LOOK_MS = 1_000;
const ANSWER_MS = 10_000;
const CONNECT_MS = 10_000;

/**
 * Takes what sites send through the broker of `MQTT_URL`, while there are sites; at the embedded broker nobody does:
 * who reaches that reaches this Perch over HTTPS too.
 */
export function siteDeskTasks(
  { config, clock, log: root }: Pick<Foundation, "config" | "clock" | "log">,
  { sites, access }: DeskNeeds,
): Task[] {
  const { mqtt } = config;
  const { url } = mqtt;
  if (url === null) return [];
  const log = root.child("sites");

  function secretOf(site: string): string | null {
    const keyId = sites.list().find(({ id }) => id === site)?.keyId ?? null;
    return keyId === null ? null : access.keys.prove(keyId, secretLabel(site));
  }

  async function take(url: string, signal: AbortSignal): Promise<void> {
    const { createPlainLine } = await import("../sources/mqtt/plain_line.ts");
    const desk = createDesk({
      ...{ log, secretOf, forward: sites.forward },
      publish: (topic, payload) =>
        line.publish(
          { topic, payload, qos: 1, retain: false },
          AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
        ),
    });
    const line = createPlainLine(
      { clock, log, onMessage: (topic, payload) => void desk.heard(topic, payload) },
      {
        url,
        ...atBroker(mqtt),
        clientId: `perch-sites-${randomId(12)}`,
        topics: [ASK_FILTER],
        connectTimeoutMs: CONNECT_MS,
      },
    );
    line.start();
    try {
      while (sites.list().length > 0) await clock.sleep(LOOK_MS, signal);
    } finally {
      await line.stop();
    }
  }

  return [{
    name: "sites at the broker",
    async run(signal) {
      for (;;) {
        if (sites.list().length > 0) await take(url, signal);
        await clock.sleep(LOOK_MS, signal);
      }
    },
  }];
}
