import type { VNode } from "preact";
import type { Polls } from "../../lib/sources/polls/polls.ts";

/** What Perch asks by itself, in a sentence. */
export function Probes({ polls }: { polls: Pick<Polls, "all"> }): VNode {
  const all = polls.all();
  const down = all.filter(({ state }) => state === "down").map(({ name }) => name);
  const how = down.length === 0
    ? "none is down"
    : `${down.length} down: ${down.slice(0, 5).join(", ")}`;
  return (
    <section class="card" aria-labelledby="probes">
      <h2 id="probes">Probes and heartbeats</h2>
      <p>
        {all.length === 0
          ? "Perch can ask pages, ports and devices by itself, and wait for jobs that report. "
          : `${all.length}, ${how}. `}
        <a href="/probes">{all.length === 0 ? "Set one up" : "All of them"}</a>
      </p>
    </section>
  );
}
