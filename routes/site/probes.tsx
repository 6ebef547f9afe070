import type { VNode } from "preact";
import type { Hardware } from "../../lib/sources/hardware/hardware.ts";
import type { Polls } from "../../lib/sources/polls/polls.ts";

/** What Perch asks by itself, in a sentence. */
export function Probes({ polls }: { polls: Pick<Polls, "all"> }): VNode {
  const all = polls.all();
  const down = all.filter(({ state }) => state === "down").map(({ name }) => name);
  const waits = all.filter(({ state }) => state === "unallowed").length;
  const how =
    (down.length === 0 ? "none is down" : `${down.length} down: ${down.slice(0, 5).join(", ")}`) +
    (waits === 0 ? "" : `; ${waits} to be allowed by an admin`);
  return (
    <section class="card" aria-labelledby="probes">
      <h2 id="probes">Probes and heartbeats</h2>
      <p>
        {all.length === 0
          ? "Perch can ask pages, ports and devices by itself, and wait for jobs that report. "
          : `${all.length} ${all.length === 1 ? "probe" : "probes"}; ${how}. `}
        <a href="/probes">{all.length === 0 ? "Set one up" : "All of them"}</a>
      </p>
    </section>
  );
}

/** What hangs on the host itself, in a sentence. */
export function AtThisHost({ hardware }: { hardware: Pick<Hardware, "inputs"> }): VNode {
  const all = hardware.inputs();
  const bad = all.filter(({ state }) => state === "failing" || state === "gone").length;
  return (
    <section class="card" aria-labelledby="at-this-host">
      <h2 id="at-this-host">Sensors at this host</h2>
      <p>
        {all.length === 0
          ? "Perch can read 1-Wire thermometers, sensors on I²C and SPI, and meters at GPIO pins. "
          : `${all.length}, ${bad === 0 ? "all are read" : `${bad} without values`}. `}
        <a href="/hardware">{all.length === 0 ? "See what is there" : "All of them"}</a>
      </p>
    </section>
  );
}
