/** The fields of an input, for adding one and for changing it. */
import type { VNode } from "preact";
import type { InputSettings } from "../../lib/sources/hardware/driver.ts";
import { durationText } from "../../lib/words/durations.ts";
import { DurationField, Field, FormError, Select } from "../frame/form.tsx";
import type { SentForm } from "../frame/form_action.ts";

export function InputFields(
  { sensor, settings, counts, isPin, sent: { errors, values } }: {
    sensor: string;
    settings: InputSettings;
    counts: boolean;
    isPin: boolean;
    sent: SentForm;
  },
): VNode {
  const shown = (name: keyof InputSettings) => values[name] ?? String(settings[name]);
  return (
    <>
      <FormError>{errors[""] ?? errors.id}</FormError>
      <Field
        name="sensor"
        label="Sensor"
        value={values.sensor ?? sensor}
        error={errors.sensor}
        help="Path of machine and sensor. One that is not there is made."
        autocomplete="off"
      />
      <Field
        name="interval_s"
        label="Read every"
        unit="s"
        value={shown("interval_s")}
        error={errors.interval_s}
        numeric
      />
      {counts && (
        <>
          <Field
            name="unit"
            label="Unit"
            value={shown("unit")}
            error={errors.unit}
            help="kWh, l, m³; empty: pulses."
            required={false}
          />
          <Field
            name="pulses_per_unit"
            label="Pulses for one unit"
            value={shown("pulses_per_unit")}
            error={errors.pulses_per_unit}
            numeric
          />
        </>
      )}
      {isPin && (
        <>
          <DurationField
            name="debounce_ms"
            label="Same pulse within"
            value={values.debounce_ms ?? durationText(settings.debounce_ms)}
            error={errors.debounce_ms}
          />
          <Select
            name="edge"
            label="Counts"
            value={shown("edge")}
            options={[["rising", "rising edges"], ["falling", "falling edges"]]}
            error={errors.edge}
          />
          <Select
            name="bias"
            label="Resistor"
            value={shown("bias")}
            options={[
              ["as-is", "as it is"],
              ["pull-up", "to 3.3 V (pull-up)"],
              ["pull-down", "to ground (pull-down)"],
              ["disabled", "none"],
            ]}
            error={errors.bias}
          />
        </>
      )}
    </>
  );
}
