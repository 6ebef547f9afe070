import type { VNode } from "preact";
import { label } from "../../lib/words/names.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { duration } from "../../lib/words/times.ts";
import type { Simulator, SimulatorStatus } from "../../sim/simulator.ts";
import { type Route, route } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { Fact, Facts, Post } from "../frame/parts.tsx";

/** The simulated plant: what it does, and buttons to stop and start it. */
export function SimulatorPanel(
  { status, mayControl }: { status: SimulatorStatus; mayControl: boolean },
): VNode {
  return (
    <section class="card source" aria-labelledby="simulator">
      <h2 id="simulator">
        Simulator
        <span class="state">
          <span aria-hidden="true">{status.running ? "●" : "○"}</span>{" "}
          {status.running ? "running" : "stopped"}
        </span>
      </h2>
      <p>
        {status.running
          ? `${status.title}: ${status.machines} machines with ${status.sensors} sensors, for ${
            duration(status.simulatedS * 1000)
          }${status.speed === 1 ? "" : ` at ${status.speed} times the speed`}.`
          : `${status.title}. Start it to see readings arrive.`}
      </p>
      {status.faults.length > 0 && (
        <p>
          Faults that play now:{" "}
          {status.faults.map((fault) =>
            `${label(fault.machine)}${
              fault.sensor ? ` ${label(fault.sensor)}` : ""
            } (${fault.kind})`
          ).join(", ")}.
        </p>
      )}
      <Facts figures>
        <Fact name="Published">{grouped(status.published)}</Fact>
        <Fact name="Acknowledged">{grouped(status.acknowledged)}</Fact>
        <Fact name="On the way">{grouped(status.pending)}</Fact>
      </Facts>
      {mayControl && (
        <Post action={status.running ? "/simulator/stop" : "/simulator/start"}>
          {status.running ? "Stop the simulator" : "Start the simulator"}
        </Post>
      )}
    </section>
  );
}

/** Null in `perch serve`. */
export interface SimulatorParts {
  simulator: Pick<Simulator, "start" | "stop" | "status"> | null;
}

/** What the buttons post to; they lead back to the page. */
export function simulatorActions({ simulator }: SimulatorParts): Route[] {
  if (simulator === null) return [];
  const action = (name: "start" | "stop", run: () => Promise<void>) =>
    route({
      method: "post",
      path: `/simulator/${name}`,
      policy: "engineer",
      summary: null,
      handler: async () => {
        await run();
        return seeOther("/sources");
      },
    });
  return [action("start", () => simulator.start()), action("stop", () => simulator.stop())];
}
