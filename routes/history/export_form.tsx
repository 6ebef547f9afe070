import type { ComponentChildren, VNode } from "preact";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { Field, FormError, Hidden, Select, Was } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { RangeFields } from "../frame/range_fields.tsx";
import { type FieldName, type Fields, FORMS, ROWS, SENSORS_MOST, STEPS } from "./export_fields.ts";

const ZONES = ["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo"];

interface FormParts {
  fields: Fields;
  errors: Partial<Record<FieldName | "form", string>>;
}

/** What is exported, and how. Works without script: a button asks the page again with what is chosen. */
export function ExportForm(
  { page, fields, errors, chosen, zone, children }: FormParts & {
    /** Address of the page. */
    page: string;
    chosen: readonly Sensor[];
    zone: string;
    /** What is known of the file before it is made. */
    children: ComponentChildren;
  },
): VNode {
  return (
    <form method="post" action={`${page}/order`} class="export-form">
      {/* Enter asks the page again, and adds the sensor that was typed. */}
      <button type="submit" formmethod="get" formaction={page} class="hidden" tabIndex={-1}>
        Update
      </button>
      <Was values={{ machine: fields.machine }} />
      <Hidden values={{ set: "1", sensors: chosen.map(({ id }) => id).join(",") }} />
      <FormError>{errors.form}</FormError>
      <section class="card" aria-labelledby="export-what">
        <h2 id="export-what">What</h2>
        <What {...{ page, fields, errors, chosen }} />
      </section>
      <section class="card" aria-labelledby="export-when">
        <h2 id="export-when">When</h2>
        <When fields={fields} errors={errors} zone={zone} />
      </section>
      <section class="card" aria-labelledby="export-how">
        <h2 id="export-how">How</h2>
        <How fields={fields} errors={errors} zone={zone} />
      </section>
      <section class="card" aria-labelledby="export-size">
        {children}
        <p class="buttons">
          <button type="submit" class="primary">Start the export</button>
          <button type="submit" formmethod="get" formaction={page}>Estimate again</button>
        </p>
      </section>
    </form>
  );
}

function What(
  { page, fields, errors, chosen }: FormParts & {
    page: string;
    chosen: readonly Sensor[];
  },
): VNode {
  return (
    <>
      <Choices
        name="what"
        label="Sensors"
        value={fields.what}
        options={[
          ["all", "The whole site", "All sensors of all machines."],
          ["machine", "A machine or an area", "With everything below it."],
          ["sensors", "Single sensors", "As they are listed below."],
        ]}
      />
      <Picker
        kinds={["machine", "area"]}
        name="machine"
        id="export-machine"
        label="Machine or area"
        value={fields.machine}
        error={errors.machine}
        help="Filled, it counts instead of the whole site."
        placeholder="hall-1/press-3"
        required={false}
        autocomplete="off"
      />
      {chosen.length > 0 && (
        <ul class="export-chosen" aria-label="Chosen sensors">
          {chosen.map(({ id, name }) => (
            <li key={id}>
              <span>{name}</span>
              <button
                type="submit"
                class="small"
                name="remove"
                value={id}
                formmethod="get"
                formaction={page}
                aria-label={`Remove ${name}`}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="export-add">
        <Picker
          kinds={["sensor"]}
          name="add"
          id="export-add"
          label={chosen.length === 0 ? "Sensor" : "Another sensor"}
          value={errors.add ? fields.add : undefined}
          error={errors.add}
          placeholder="hall-1/press-3/temperature"
          help={`Name, id or machine/sensor; at most ${SENSORS_MOST}.`}
          required={false}
          autocomplete="off"
        />
        <button type="submit" formmethod="get" formaction={page}>Add</button>
      </div>
    </>
  );
}

function When({ fields, errors, zone }: FormParts & { zone: string }): VNode {
  return (
    <RangeFields
      values={fields}
      errors={errors}
      zone={zone}
      further={[["stored", "Everything that is stored"]]}
    />
  );
}

function How({ fields, errors, zone }: FormParts & { zone: string }): VNode {
  return (
    <>
      <Choices name="form" label="Format" value={fields.form} options={FORMS} />
      <label class="tick">
        <input type="checkbox" name="gzip" checked={fields.gzip === "on"} />{" "}
        Compressed (gzip), for CSV, NDJSON and JSON
      </label>
      <Choices
        name="rows"
        label="Rows"
        value={fields.rows}
        options={ROWS}
        error={errors.rows}
      />
      <div class="filters">
        <Select
          name="step"
          label="Step"
          value={fields.step}
          options={STEPS.map((step) => [step, step] as const)}
        />
        <Select
          name="of"
          label="Side by side, a step shows the"
          value={fields.of}
          options={[["mean", "mean"], ["min", "lowest"], ["max", "highest"], ["last", "last"]]}
        />
        <Field
          name="zone"
          label="Time zone of the times"
          value={fields.zone ?? zone}
          error={errors.zone}
          list="export-zones"
          required={false}
          autocomplete="off"
        />
      </div>
      <label class="tick">
        <input type="checkbox" name="units" checked={fields.units === "on"} />{" "}
        Units as pages show them, instead of those of the devices
      </label>
      <datalist id="export-zones">
        {[...new Set([zone, ...ZONES])].map((name) => <option key={name} value={name} />)}
      </datalist>
    </>
  );
}

/** One of a few, each with a sentence. */
function Choices(
  { name, label, value, options, error }: {
    name: FieldName;
    label: string;
    value?: string;
    options: readonly (readonly [value: string, text: string, about: string])[];
    error?: string;
  },
): VNode {
  return (
    <fieldset class="choices">
      <legend>{label}</legend>
      {options.map(([option, text, about]) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} />
          <span>
            {text}
            <span class="help">{about}</span>
          </span>
        </label>
      ))}
      <FormError>{error}</FormError>
    </fieldset>
  );
}
