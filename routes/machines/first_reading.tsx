import type { VNode } from "preact";
import type { BrokerAddress } from "../frame/page_parts.ts";
import { Answer } from "../frame/parts.tsx";

/** What to do when nothing has arrived yet: two lines to copy. */
export function FirstReading(
  { mqtt, url }: { mqtt: BrokerAddress; url: string },
): VNode {
  return (
    <section class="empty">
      <Answer>No readings yet</Answer>
      <p>
        Perch is running and waits for a first reading. An unknown sensor is created by its first
        message; there is nothing to configure before.
      </p>
      <h2>Over MQTT</h2>
      <pre
        tabIndex={0}
      ><code>{`mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -q 1 -t factory/hall-1/press-3/temperature -m 41.5`}</code></pre>
      <p>
        Devices on other hosts sign in with a key as their password: <code>-u device -P $KEY</code>.
      </p>
      <h2>Over HTTP</h2>
      <p>
        With a key from <code>perch key add --name first --role engineer</code>:
      </p>
      <pre
        tabIndex={0}
      ><code>{`curl ${mqtt.publicUrl ?? url}/api/ingest -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"machine":"hall-1/press-3","sensor":"temperature","value":41.5,"unit":"°C"}'`}</code></pre>
      <p>
        Years of readings in another system come along:{" "}
        <a href="/guides/history">how to bring your history here</a>.
      </p>
      <p>
        What is refused, and why, stands on the page <a href="/sources">Sources</a>.
      </p>
    </section>
  );
}
