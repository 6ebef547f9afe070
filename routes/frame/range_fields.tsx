import type { VNode } from "preact";
import { Field, Select, Was } from "./form.tsx";
import { meantRange, RANGES } from "./range.ts";

/** A ready range, or two ends, which count where they are filled; read with `meantRange` and `chooseRange`. */
export function RangeFields(
  { values: sent, errors, zone, further = [] }: {
    values: Readonly<Record<string, string | undefined>>;
    errors: { from?: string; to?: string };
    zone: string;
    /** Ranges beside the ready ones. */
    further?: readonly (readonly [value: string, text: string])[];
  },
): VNode {
  const values = meantRange(sent);
  return (
    <div class="fields">
      <Was values={{ range: values.range, from: values.from, to: values.to }} />
      <Select
        name="range"
        label="Range"
        options={[...RANGES.map(({ key, name }) => [key, `The last ${name}`] as const), ...further]}
        value={values.range}
      />
      <Field
        type="datetime-local"
        name="from"
        label="From"
        value={values.from}
        error={errors.from}
        help="Filled, it counts instead of the range."
        required={false}
      />
      <Field
        type="datetime-local"
        name="to"
        label="To"
        value={values.to}
        error={errors.to}
        help={`Empty: now. Times in ${zone}.`}
        required={false}
      />
    </div>
  );
}
