/** Parts of Perch that people pause and start anew, and what Perch did by itself. */
import type { VNode } from "preact";
import type { Faults } from "../../lib/faults/faults.ts";
import type { HealingView } from "../../lib/faults/healing.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { type FormState, stateOf } from "../frame/form_page.ts";
import { Ago } from "../frame/times.tsx";
import { PAGE } from "./parts_drawn.tsx";

/** What is done with a part, for which a person says why. */
export function PartsCard({ faults, state }: { faults: Faults; state: FormState }): VNode {
  const paused = new Set(faults.paused().map(({ component }) => component));
  const free = (names: readonly string[]) => names.filter((name) => !paused.has(name));
  return (
    <section class="card" aria-labelledby="parts">
      <h2 id="parts">Parts of Perch</h2>
      <FormError>{stateOf(state, "resume").errors.form}</FormError>
      <details open={state.form === "pause"}>
        <summary>Pause a part</summary>
        <p class="muted">
          What a paused codec cannot decode waits on the disk. While the intake is paused, MQTT
          messages stay with their senders, HTTP is answered 503 and nothing is read by itself. A
          pause lasts until somebody resumes the part, over restarts too.
        </p>
        <PartForm form="pause" names={free(faults.pausable())} state={state}>Pause it</PartForm>
      </details>
      <details open={state.form === "restart"}>
        <summary>Restart a task</summary>
        <p class="muted">
          Perch does that by itself when a task fails. Here also one that it has given up.
        </p>
        <PartForm form="restart" names={free(faults.restartable())} state={state}>
          Restart it
        </PartForm>
      </details>
    </section>
  );
}

function PartForm(
  { form, names, state, children }: {
    form: "pause" | "restart";
    names: readonly string[];
    state: FormState;
    children: string;
  },
): VNode {
  const { errors, values } = stateOf(state, form);
  return (
    <form method="post" action={`${PAGE}/${form}`}>
      <FormError>{errors.form}</FormError>
      <Select
        id={`${form}-component`}
        name="component"
        label="Part"
        options={names.map((name) => [name, name.replace(/^task:/, "task ")] as const)}
        value={values.component}
        error={errors.component}
      />
      <Field
        id={`${form}-reason`}
        name="reason"
        label="Why"
        help="Goes into the audit log and the event log."
        value={values.reason}
        error={errors.reason}
      />
      <button type="submit">{children}</button>
    </form>
  );
}

/** What Perch did by itself, and what it brought. */
export function Healed(
  { view, nowMs, zone }: { view: readonly HealingView[]; nowMs: number; zone: string },
): VNode {
  const done = view.filter(({ last }) => last !== null);
  return (
    <section class="card faults" aria-labelledby="healed">
      <h2 id="healed">What Perch did by itself</h2>
      <p class="muted">
        {done.length === 0
          ? "Nothing was needed in the last 24 hours."
          : "In the last 24 hours, or since it was started."}
      </p>
      {done.length > 0 && (
        <ul>
          {done.map(({ name, title, worked, failed, last, exhausted }) => (
            <li key={name} class="fault-what">
              <strong>{title}</strong>
              <p>
                {`Helped ${times(worked)}`}
                {failed > 0 && `, did not help ${times(failed)}`}
              </p>
              {exhausted.length > 0 && (
                <p class="error">{`It does not last: ${exhausted.join(", ")}`}</p>
              )}
              <p class="muted">
                {`${last!.text} · `}
                <Ago tMs={last!.tMs} nowMs={nowMs} zone={zone} />
              </p>
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>What it may do, and how often</summary>
        <ul>
          {view.map(({ name, title, when, mostPerHour, goesOn }) => (
            <li key={name} class="fault-what">
              {title}
              <p class="muted">
                {`${when} · ${mostPerHour} an hour, then ${
                  goesOn ? "its fault gets worse" : "no more, and its fault gets worse"
                }`}
              </p>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

const times = (n: number) => n === 0 ? "never" : n === 1 ? "once" : `${n} times`;
