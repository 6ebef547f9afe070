import type { VNode } from "preact";
import { Attention } from "../../islands/attention.tsx";
import { NewSensors } from "../../islands/new_sensors.tsx";
import { OverviewAnswer } from "../../islands/overview_answer.tsx";
import { SystemLine } from "../../islands/system_line.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { StatusBoard } from "../../lib/live/status.ts";
import { isLearning } from "../../lib/detect/predict/rules.ts";
import { plantSensors } from "../../lib/machines/host_machine.ts";
import { attentionOf } from "./attention.ts";
import { type Route, route } from "../http/route.ts";
import { FirstReading } from "../machines/first_reading.tsx";
import { Island } from "../frame/island.tsx";
import type { MachinePageParts } from "../machines/request.ts";
import { Plant } from "./plant.tsx";

/** What the overview takes. */
export interface OverviewParts extends MachinePageParts {
  alarms: Pick<Alarms, "open">;
  status: Pick<StatusBoard, "now">;
}

/** `/`: is anything wrong, and the plant at a glance. */
export function overviewPage(parts: OverviewParts): Route {
  return route({
    method: "get",
    path: "/",
    policy: "viewer",
    summary: null,
    handler: async ({ c, who }) => {
      const since = parts.place();
      const status = await parts.status.now();
      const all = plantSensors(parts.sensors, parts.machines).all();
      const newSensors = (
        <Island
          name="NewSensors"
          component={NewSensors}
          props={{ shown: all.length, first: all.length === 0 }}
        />
      );
      const content = all.length === 0
        ? (
          <>
            {newSensors}
            <FirstReading mqtt={parts.mqtt} url={new URL(c.req.url).origin} />
          </>
        )
        : (
          <>
            {newSensors}
            <Island name="OverviewAnswer" component={OverviewAnswer} props={{ initial: status }} />
            <Island name="SystemLine" component={SystemLine} props={{ initial: status }} />
            <Island
              name="Attention"
              component={Attention}
              props={{
                ...attentionOf(parts),
                mayAct: atLeast(who!.role, "engineer"),
                nowMs: parts.clock.now(),
                zone: parts.zone,
              }}
            />
            <Learning parts={parts} />
            <Plant
              parts={parts}
              status={status}
              sensors={all.filter(({ num }) => !parts.deviceService.isDiagnostic(num))}
            />
          </>
        );
      return parts.frame.answer(c, who, {
        title: "Overview",
        place: "/",
        script: "overview",
        stream: { types: "reading,status" },
        since,
        content,
      });
    },
  });
}

/** Machines of which nothing unusual can be said yet. */
function Learning({ parts: { predictions } }: { parts: OverviewParts }): VNode | null {
  const current = predictions.current();
  const n = current.filter(isLearning).length;
  if (n === 0) return null;
  return (
    <p class="muted learning">
      <a href="/predictions">Predictions</a>
      {` are still learning what is usual of ${n} of ${current.length} ${
        current.length === 1 ? "machine" : "machines"
      }.`}
    </p>
  );
}
