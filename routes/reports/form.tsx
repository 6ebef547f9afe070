import type { ComponentChildren, VNode } from "preact";
import { REPORT_PARTS, REPORT_PARTS_ABOUT } from "../../lib/reports/order.ts";
import { RANGE_WORDS, REPORT_RANGES } from "../../lib/reports/range.ts";
import { Field, FormError, Select, Was } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { meantRange } from "../frame/range.ts";
import type { Values } from "./fields.ts";

export interface FormParts {
  values: Values;
  errors: Record<string, string>;
}

const WEEKDAYS = [
  ...[["1", "Monday"], ["2", "Tuesday"], ["3", "Wednesday"], ["4", "Thursday"]],
  ...[["5", "Friday"], ["6", "Saturday"], ["0", "Sunday"]],
] as [string, string][];
const MONTH_DAYS = Array.from({ length: 28 }, (_, i) => [`${i + 1}`, `${i + 1}.`] as const);

/** What a report holds. `own`: days of one's own can be chosen. */
export function ContentFields(
  { values, errors, own }: FormParts & { own: boolean },
): VNode {
  return (
    <>
      <Select
        name="range"
        label="Range"
        value={values.range}
        options={[
          ...REPORT_RANGES.map((range) => [range, RANGE_WORDS[range]] as const),
          ...(own ? [["custom", "Days of your own"] as const] : []),
        ]}
      />
      {own && (
        <div class="filters">
          <Was values={meantRange(values)} />
          <DayField name="from" label="First day" values={meantRange(values)} errors={errors} />
          <DayField name="to" label="Last day" values={meantRange(values)} errors={errors} />
        </div>
      )}
      <Picker
        kinds={["machine", "area"]}
        many
        name="place"
        label="Machines or areas"
        value={values.place}
        error={errors.place}
        help="Separated by commas. Empty: all of the plant."
        required={false}
        autocomplete="off"
      />
      <fieldset class="days">
        <legend>Sections</legend>
        {REPORT_PARTS.map((part) => (
          <Tick key={part} name={`section.${part}`} values={values}>
            {REPORT_PARTS_ABOUT[part]}
          </Tick>
        ))}
        <FormError>{errors.sections}</FormError>
      </fieldset>
      <div class="filters">
        <Select
          name="format"
          label="Format"
          value={values.format}
          options={[["pdf", "PDF, with charts"], ["xlsx", "Excel workbook"], ["csv", "CSV"]]}
        />
        <Field
          name="title"
          label="Title"
          value={values.title}
          error={errors.title}
          required={false}
          autocomplete="off"
        />
      </div>
      <Tick name="decimal_comma" values={values}>
        CSV with semicolons and decimal commas, as German, French or Spanish Excel wants it
      </Tick>
    </>
  );
}

function DayField(
  { name, label, values, errors }: {
    name: "from" | "to";
    label: string;
    values: { from?: string; to?: string };
    errors: FormParts["errors"];
  },
): VNode {
  return (
    <Field
      name={name}
      label={label}
      type="date"
      value={values[name]}
      error={errors[name]}
      help="Filled, it counts instead of the range."
      required={false}
    />
  );
}

/** When, and to whom. */
export function ScheduleFields(
  { values, errors, channels, zone }: FormParts & {
    channels: readonly { id: string; name: string }[];
    zone: string;
  },
): VNode {
  return (
    <>
      <Field
        name="name"
        label="Name"
        value={values.name}
        error={errors.name}
        placeholder="Weekly report"
        autocomplete="off"
      />
      <Was values={{ cron: values.was_cron ?? values.cron }} />
      <div class="filters">
        <Select
          name="every"
          label="How often"
          value={values.every}
          options={[
            ["daily", "Every day"],
            ["weekly", "Every week"],
            ["monthly", "Every month"],
            ["cron", "By cron, for experts"],
          ]}
        />
        <Field
          name="time"
          label="At"
          type="time"
          value={values.time}
          error={errors.time}
          required={false}
        />
        <Select name="weekday" label="Of weeks, on" value={values.weekday} options={WEEKDAYS} />
        <Select name="day" label="Of months, on the" value={values.day} options={MONTH_DAYS} />
        <Field
          name="cron"
          label="Cron"
          value={values.cron}
          error={errors.cron}
          help="Filled, it counts instead of what stands before it."
          placeholder="0 6 * * 1-5"
          required={false}
          autocomplete="off"
        />
      </div>
      <p class="help">
        {`Times in ${zone}. What is missed while Perch does not run is made once, afterwards.`}
      </p>
      <fieldset class="days">
        <legend>Mail it by</legend>
        {channels.map(({ id, name }) => (
          <Tick key={id} name={`channel.${id}`} values={values}>{name}</Tick>
        ))}
        {channels.length === 0 && (
          <p class="help">
            There is no mail channel yet; an admin adds one under{" "}
            <a href="/settings/channels">Channels</a>.
          </p>
        )}
        <FormError>{errors.channels}</FormError>
      </fieldset>
      <Tick name="enabled" values={values}>Switched on</Tick>
    </>
  );
}

export function Tick(
  { name, values, children }: { name: string; values: Values; children: ComponentChildren },
): VNode {
  return (
    <label class="tick">
      <input type="checkbox" name={name} checked={values[name] === "on"} /> {children}
    </label>
  );
}
