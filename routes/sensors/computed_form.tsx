/** The form of a computed sensor: its fields by way, what was sent as a spec, and the preview. */
import type { VNode } from "preact";
import { z } from "zod";
import { Sparkline, sparkOf } from "../../islands/sparkline.tsx";
import type { Preview } from "../../lib/computed/preview.ts";
import {
  type AskedSpec,
  FIELDS_OF,
  INPUTS_MOST,
  isAdding,
  isSingle,
  letter,
  type Spec,
  specShape,
  type Way,
  WAYS,
  WAYS_ABOUT,
} from "../../lib/computed/spec.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { number } from "../../lib/words/numbers.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import type { SentForm } from "../frame/form_action.ts";
import { Field, FormError, Hidden, SeenField, Select, TextArea } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { Fact, Facts } from "../frame/parts.tsx";
import { validate } from "../http/validate.ts";

export const SAVE = "/computed/save";
/** Sensors that a field suggests. */
const PERS = [["s", "second"], ["min", "minute"], ["h", "hour"], ["d", "day"]] as const;
const METHODS = [["trapezoid", "a line"], ["hold", "the value before"]] as const;

const text = (most: number) => z.string().max(most).optional();
const rows = Array.from({ length: INPUTS_MOST }, (_, i) => i);
/** What the form sends; every field is a text. */
export const computedForm = z.strictObject({
  /** Of one that is there already: its id. */
  id: text(40),
  how: z.enum(Object.keys(WAYS) as [Way, ...Way[]]),
  go: z.enum(["save", "preview", "more"]),
  rows: text(3),
  name: text(2000),
  unit: text(24),
  expression: text(600),
  stale_min: text(20),
  gap_min: text(20),
  per: text(10),
  rolls_over_at: text(30),
  method: text(20),
  above: text(30),
  start: text(30),
  ...Object.fromEntries(rows.flatMap((i) => [
    [`sensor_${i}`, text(2000)],
    [`name_${i}`, text(40)],
  ])),
});
export type ComputedValues = Record<string, string | undefined>;

/** How many inputs the form offers. */
export function rowsOf(how: Way, values: ComputedValues): number {
  if (isSingle(how)) return 1;
  if (how === "difference") return 2;
  const asked = Number(values.rows ?? 0);
  const filled = rows.filter((i) => (values[`sensor_${i}`] ?? "") !== "").length;
  return Math.min(INPUTS_MOST, Math.max(how === "expression" ? 2 : 3, asked, filled));
}

/** What was sent, as the API takes it. @throws PerchError `validation` */
export async function specOfForm(values: ComputedValues): Promise<AskedSpec> {
  const how = values.how as Way;
  const inputs = rows.flatMap((i) => {
    const sensor = values[`sensor_${i}`]?.trim() ?? "";
    const name = values[`name_${i}`]?.trim() ?? "";
    return sensor === ""
      ? []
      : [{ sensor, ...(how === "expression" && name !== "" ? { name } : {}) }];
  });
  const numberOf = (name: string, factor = 1) => {
    const given = values[name]?.trim() ?? "";
    return given === "" ? undefined : Number(given.replace(",", ".")) * factor;
  };
  const all: Record<string, unknown> = {
    expression: values.expression,
    stale_after_ms: numberOf("stale_min", MINUTE_MS),
    per: values.per,
    rolls_over_at: numberOf("rolls_over_at"),
    method: values.method,
    longest_gap_ms: numberOf("gap_min", MINUTE_MS),
    above: numberOf("above"),
    start: numberOf("start"),
  };
  const own = FIELDS_OF[how].map((field) => [field, all[field]]);
  const given = own.filter(([, value]) => value !== undefined);
  return await validate(
    specShape,
    { how, inputs, ...Object.fromEntries(given) },
    "body",
  ) as AskedSpec;
}

/** The form's texts of a spec that is there. */
export function valuesOf(spec: Spec, sensors: SensorDirectory): Record<string, string> {
  const minutes = (ms: number) => String(ms / MINUTE_MS);
  return {
    how: spec.how,
    expression: spec.expression ?? "",
    stale_min: minutes(spec.staleAfterMs),
    gap_min: minutes(spec.longestGapMs),
    per: spec.per,
    rolls_over_at: String(spec.rollsOverAt ?? ""),
    method: spec.method,
    above: String(spec.above ?? ""),
    start: String(spec.start),
    ...Object.fromEntries(spec.inputs.flatMap(({ name, sensor }, i) => [
      [`sensor_${i}`, sensors.find(sensor)?.name ?? ""],
      [`name_${i}`, name],
    ])),
  };
}

/** Errors name fields of the API; here they stand beside the fields of the form. */
const PLACES: Readonly<Record<string, string>> = {
  stale_after_ms: "stale_min",
  longest_gap_ms: "gap_min",
};
export function errorsBeside(errors: SentForm["errors"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors).map(([path, message]) => {
      const own = path.replace(/^(body|spec)\./, "");
      const input = /^inputs\.(\d+)(?:\.(sensor|name))?/.exec(own);
      if (input !== null) return [`${input[2] ?? "sensor"}_${input[1]}`, message];
      return [own === "inputs" ? "form" : PLACES[own] ?? own, message];
    }),
  );
}

export function ComputedForm(
  { how, sent, preview, isNew }: {
    how: Way;
    sent: SentForm;
    preview: Preview | null;
    isNew: boolean;
  },
): VNode {
  const { values } = sent;
  const errors = errorsBeside(sent.errors);
  const count = rowsOf(how, values);
  const field = (name: string) => ({ name, value: values[name], error: errors[name] });
  const fields = FIELDS_OF[how];
  return (
    <form method="post" action={SAVE} class="settings">
      <SeenField />
      <FormError>{errors.form}</FormError>
      <Hidden values={{ how, rows: String(count) }} />
      {values.id && <Hidden values={{ id: values.id }} />}
      {isNew && (
        <section class="card" aria-labelledby="what">
          <h2 id="what">What it is</h2>
          <div class="fields">
            <Field
              {...field("name")}
              label="Full name"
              placeholder="hall-1/oven/heat_loss"
              help="Area, machine and sensor, as for all sensors"
              autocomplete="off"
            />
            <Field
              {...field("unit")}
              label="Unit"
              help="Empty: worked out of the inputs' where they leave no doubt"
              autocomplete="off"
              required={false}
            />
          </div>
        </section>
      )}
      <section class="card" aria-labelledby="from">
        <h2 id="from">From</h2>
        <div class="fields">
          {rows.slice(0, count).map((i) => (
            <InputRow key={i} i={i} how={how} values={values} errors={errors} />
          ))}
        </div>
        {count < INPUTS_MOST && !isSingle(how) && how !== "difference" && (
          <p>
            <button type="submit" name="go" value="more" class="small" formNoValidate>
              More inputs
            </button>
          </p>
        )}
        {fields.includes("expression") && (
          <div class="fields">
            <TextArea
              {...field("expression")}
              label="Expression"
              rows={2}
              required
              help="a - b * 2, if(a > 80, 1, 0); + - * / % ^, comparisons, min, max, abs, round, if"
            />
          </div>
        )}
      </section>
      <section class="card" aria-labelledby="how">
        <h2 id="how">How</h2>
        <div class="fields">
          {fields.includes("per") && (
            <Select
              name="per"
              label={how === "rate" ? "Per" : "The input is per"}
              options={PERS}
              value={values.per ?? "h"}
              error={errors.per}
              help={how === "rate" ? undefined : "Where its unit does not say it"}
            />
          )}
          {fields.includes("method") && (
            <Select
              name="method"
              label="Between two readings"
              options={METHODS}
              value={values.method ?? "trapezoid"}
              error={errors.method}
            />
          )}
          {fields.includes("above") && (
            <Field
              {...field("above")}
              label="Running above"
              help="Empty: the sensor reports on and off"
              required={false}
              autocomplete="off"
            />
          )}
          {fields.includes("rolls_over_at") && (
            <Field
              {...field("rolls_over_at")}
              label="Rolls over at"
              help="65536 for 16 bits, 4294967296 for 32; empty: when it falls, it was reset"
              required={false}
              autocomplete="off"
            />
          )}
          {fields.includes("longest_gap_ms") && (
            <Field
              name="gap_min"
              label="Longest gap"
              unit="min"
              value={values.gap_min ?? "60"}
              error={errors.gap_min}
              help="A longer time between two readings does not count"
              numeric
              autocomplete="off"
            />
          )}
          {fields.includes("start") && (
            <Field
              name="start"
              label="Begins with"
              value={values.start ?? "0"}
              error={errors.start}
              numeric
              autocomplete="off"
            />
          )}
          {fields.includes("stale_after_ms") && (
            <Field
              name="stale_min"
              label="A value counts for"
              unit="min"
              value={values.stale_min ?? "10"}
              error={errors.stale_min}
              help="When an input has been silent for longer, there is no result"
              numeric
              autocomplete="off"
            />
          )}
        </div>
      </section>
      <p class="buttons">
        <button type="submit" name="go" value="preview">Preview</button>
        <button type="submit" name="go" value="save" class="primary">Save</button>
      </p>
      {preview && <PreviewCard preview={preview} adding={isAdding(how)} />}
    </form>
  );
}

function InputRow(
  { i, how, values, errors }: {
    i: number;
    how: Way;
    values: Record<string, string>;
    errors: Record<string, string>;
  },
): VNode {
  const label = isSingle(how)
    ? "Sensor"
    : how === "difference"
    ? ["This sensor", "minus this one"][i]
    : how === "expression"
    ? `Sensor ${values[`name_${i}`] || letter(i)}`
    : `Sensor ${i + 1}`;
  return (
    <>
      <Picker
        kinds={["sensor"]}
        name={`sensor_${i}`}
        label={label}
        value={values[`sensor_${i}`]}
        error={errors[`sensor_${i}`]}
        autocomplete="off"
        required={i === 0 || how === "difference"}
      />
      {how === "expression" && (
        <Hidden values={{ [`name_${i}`]: values[`name_${i}`] || letter(i) }} />
      )}
    </>
  );
}

/** What would come: a line, and figures. */
function PreviewCard({ preview, adding }: { preview: Preview; adding: boolean }): VNode {
  const { unit, results, none, last, value } = preview;
  const shown = unit === null ? "" : ` ${unit}`;
  return (
    <section class="card" aria-labelledby="preview" id="preview-card">
      <h2 id="preview">Preview</h2>
      {results === 0
        ? <p>None of the last hours gives a result{none === 0 ? ": no input reported" : ""}.</p>
        : (
          <>
            <p class="preview-line">
              <Sparkline spark={sparkOf(value, 1, value.length)} />
            </p>
            <Facts>
              <Fact name="Latest">{`${number(last!)}${shown}`}</Fact>
              <Fact name="Smallest">{`${number(Math.min(...value))}${shown}`}</Fact>
              <Fact name="Largest">{`${number(Math.max(...value))}${shown}`}</Fact>
            </Facts>
          </>
        )}
      <p class="muted">
        {`${results} results of the last hours`}
        {none > 0 && `, ${none} moments without: an input had no value or too old a one`}.
        {adding && " It begins with its start here."}
      </p>
    </section>
  );
}

/** What there is to choose from. */
export function WayChoice(): VNode {
  return (
    <ul class="choices">
      {(Object.keys(WAYS) as Way[]).map((how) => (
        <li key={how}>
          <a href={`/computed/add?how=${how}`}>{WAYS[how]}</a>{" "}
          <span class="muted">{WAYS_ABOUT[how]}</span>
        </li>
      ))}
    </ul>
  );
}
