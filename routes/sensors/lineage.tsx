import type { VNode } from "preact";
import type { Computed } from "../../lib/computed/computed.ts";
import { WAYS } from "../../lib/computed/spec.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { sensorHref } from "../frame/links.ts";
import { Fact, Facts } from "../frame/parts.tsx";
import { computedState } from "./computed_words.ts";

/** From which sensors this one is computed, and which are computed from it. */
export function Lineage(
  { computed, sensor, mayChange }: { computed: Computed; sensor: Sensor; mayChange: boolean },
): VNode | null {
  const view = computed.of(sensor);
  const users = computed.from(sensor);
  if (view === null && users.length === 0) return null;
  return (
    <section class="card" aria-labelledby="lineage">
      <h2 id="lineage">{view === null ? "Computed from it" : "Computed"}</h2>
      <Facts>
        {view !== null && (
          <>
            <Fact name="How">{view.spec.expression ?? WAYS[view.spec.how]}</Fact>
            <Fact name="From">
              <Names
                all={view.inputs.map((input, i) => ({
                  sensor: input,
                  before: view.spec.how === "expression" ? `${view.spec.inputs[i].name} = ` : "",
                }))}
              />
            </Fact>
            <Fact name="State">
              {view.fault !== null && <span class="mark warning" aria-hidden="true">▲</span>}{" "}
              {computedState(view)}
            </Fact>
          </>
        )}
        {users.length > 0 && (
          <Fact name={view === null ? "Sensors" : "Computed from it"}>
            <Names all={users.map((user) => ({ sensor: user, before: "" }))} />
          </Fact>
        )}
      </Facts>
      {view !== null && mayChange && (
        <p class="more">
          <a href={`/computed/edit/${sensor.id}`}>Change how it is computed</a>
        </p>
      )}
    </section>
  );
}

function Names({ all }: { all: readonly { sensor: Sensor | null; before: string }[] }): VNode {
  return (
    <>
      {all.map(({ sensor, before }, i) => (
        <span key={i}>
          {i > 0 && ", "}
          {before}
          {sensor === null
            ? "gone for good"
            : sensor.deletedMs !== null
            ? `${sensor.name} (deleted)`
            : <a href={sensorHref(sensor.id)}>{sensor.name}</a>}
        </span>
      ))}
    </>
  );
}
