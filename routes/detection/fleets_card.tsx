import type { VNode } from "preact";
import type { FleetView } from "../../lib/detect/predict/fleets.ts";
import { label } from "../../lib/words/names.ts";
import { span } from "../../lib/words/times.ts";
import { Ago } from "../frame/times.tsx";

/** Sensors that are named before "and more". */
const NAMED = 3;

/** What machines that failed teach about the others: how far that is, and what is missing. */
export function FleetsCard(
  { fleets, nowMs, zone }: { fleets: readonly FleetView[]; nowMs: number; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="fleets">
      <h2 id="fleets">Remaining life</h2>
      {fleets.length === 0 && (
        <p class="muted">
          Ten failures of machines with the same sensors teach how long the others have left. Give
          those that ran until they failed the tag{" "}
          <code>failed</code>, imported histories too, or resolve a ticket as real, and the machine
          had failed.
        </p>
      )}
      {fleets.map((fleet) => (
        <div key={`${fleet.called} ${fleet.names}`} class="model">
          <h3>{titleOf(fleet)}</h3>
          <Learned fleet={fleet} nowMs={nowMs} zone={zone} />
          {fleet.training !== null && <Training fleet={fleet} training={fleet.training} />}
          {fleet.training === null && fleet.refusal !== null && (
            <p class="muted">{`The last training gave no model: ${fleet.refusal}.`}</p>
          )}
        </div>
      ))}
    </section>
  );
}

function Learned(
  { fleet, nowMs, zone }: { fleet: FleetView; nowMs: number; zone: string },
): VNode {
  const { failed, needed, model, machines, training, refusal } = fleet;
  const known = `${machines} machine${machines === 1 ? "" : "s"}, ` +
    `${failed} failure${failed === 1 ? "" : "s"} so far`;
  if (failed < needed) return <p>{`${known}; it takes ${needed} to learn from them.`}</p>;
  if (model === null) {
    const waits = training === null && refusal === null;
    return <p>{`${known}.${waits ? " Learning begins within a minute." : ""}`}</p>;
  }
  return (
    <p>
      {`${known}. Learned `}
      <Ago tMs={model.createdMs} nowMs={nowMs} zone={zone} />
      {` from ${model.lives} of them; off by about ${span(model.errorMs)} on machines that it ` +
        "had not seen."}
    </p>
  );
}

function Training(
  { fleet, training }: { fleet: FleetView; training: NonNullable<FleetView["training"]> },
): VNode {
  return (
    <ul class="outlooks">
      <li>
        <p class="part-name">
          {training.phase === "reading" ? "Reads their histories" : "Learns"}
        </p>
        <p class="part-share">{`${Math.round(training.progress * 100)} %`}</p>
        <progress max="1" value={training.progress} aria-label={`Training: ${titleOf(fleet)}`} />
      </li>
    </ul>
  );
}

/** `Kind pump`, `Machines with flow, heat`. */
function titleOf({ called, names }: FleetView): string {
  if (called !== null) return `Kind ${called}`;
  const shown = names.slice(0, NAMED).map((name) => label(name).toLowerCase());
  if (names.length > NAMED) shown.push(`${names.length - NAMED} more`);
  return `Machines with ${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
