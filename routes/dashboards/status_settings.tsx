import type { VNode } from "preact";
import { z } from "zod";
import { machinesOf } from "../../lib/dashboards/listed_machines.ts";
import { namesOf } from "../../lib/settings/setting.ts";
import { type FormPage, formRoute, type FormState, stateOf } from "../frame/form_page.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { auditedBy, caller } from "../http/caller.ts";
import type { Route } from "../http/route.ts";
import type { BoardParts } from "./request.ts";
import { namesIn, placeOf } from "./tile_form.tsx";

const FORM = "status";

/** The form of the public status page; what matches no machine is refused rather than saved. */
export function statusSettings(parts: BoardParts, page: FormPage): Route {
  const { settings, audit } = parts;
  const form = z.strictObject({
    enabled: z.enum(["on", "off"]),
    title: z.string().trim().min(1, "give it a title").max(80),
    machines: z.string().max(2_000),
  });
  return formRoute(page, FORM, form, async (given, context) => {
    const places = [];
    for (const name of namesIn(given.machines)) {
      places.push((await placeOf(parts, name, "machines"))!);
    }
    const audited = auditedBy(audit, context);
    await settings.setAll(
      [
        { key: "status_page.enabled", value: given.enabled === "on" },
        { key: "status_page.title", value: given.title },
        { key: "status_page.machines", value: [...new Set(places)].join(", ") },
      ],
      caller(context).name,
      (key, before, after) => [
        audited({ action: "setting.update", resource: `setting:${key}`, before, after }),
      ],
    );
    return (
      <p class="saved" role="status">
        Saved. {given.enabled === "on" && <a href="/status">See the status page</a>}
      </p>
    );
  });
}

/** Whether the public page is on, what it shows, and what of its list is gone. */
export function StatusPageCard(
  { parts: { settings, machines }, page, state }: {
    parts: BoardParts;
    page: FormPage;
    state: FormState;
  },
): VNode {
  const names = namesOf(settings.get("status_page.machines"));
  const nameOf = (name: string) => {
    const one = machines.find(name);
    return one?.id === name ? one.path : name;
  };
  const [lost, there] = [true, false].map((isLost) =>
    names.filter((name) => (machinesOf(name, machines).length === 0) === isLost).map(nameOf)
  );
  const isOn = settings.get("status_page.enabled");
  const { errors, values } = stateOf(state, FORM);
  return (
    <section class="card" aria-labelledby="public">
      <h2 id="public">Public status page</h2>
      <p>
        {isOn && there.length === 0
          ? "It is on, and shows no machine yet: name some below."
          : isOn
          ? (
            <>
              It is on: everybody who reaches Perch sees{" "}
              <a href="/status">how these machines are</a>
              , without their values.
            </>
          )
          : "It is off: without a sign-in nobody sees how machines are."}
      </p>
      {lost.map((name) => (
        <p key={name} class="error">
          {`“${name}” is not shown: it was deleted, or another machine has that path now.`}
        </p>
      ))}
      <form method="post" action={`${page.path}/${FORM}`}>
        <SeenField />
        <FormError>{errors.form}</FormError>
        <Select
          name="enabled"
          label="Show it to everybody"
          value={values.enabled ?? (isOn ? "on" : "off")}
          options={[["off", "No"], ["on", "Yes, without a sign-in"]]}
          error={errors.enabled}
        />
        <Field
          name="title"
          id="status-title"
          label="Its title"
          value={values.title ?? settings.get("status_page.title")}
          error={errors.title}
          autocomplete="off"
        />
        <Picker
          kinds={["machine", "area"]}
          many
          name="machines"
          label="Machines and areas"
          help="With commas between. Nothing else is shown."
          value={values.machines ?? there.join(", ")}
          error={errors.machines}
          required={false}
        />
        <button type="submit" class="primary">Save</button>
      </form>
    </section>
  );
}
