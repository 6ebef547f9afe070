/** The fields of a probe's forms, and how what was typed becomes a probe. */
import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { type OptionField, optionFields } from "../../lib/base/options.ts";
import type { PollKind } from "../../lib/sources/polls/kinds/kind.ts";
import { kindOf } from "../../lib/sources/polls/kinds/mod.ts";
import { pollSettingsSchema, REPORTING_SETTINGS } from "../../lib/sources/polls/poll.ts";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import { Field, FormError } from "../frame/form.tsx";
import {
  inputName,
  OptionInput,
  type OptionPrefix,
  optionsOfForm,
} from "../frame/option_field.tsx";
import { validate } from "../http/validate.ts";
import { probeName } from "./request.ts";

/** A form whose fields depend on the kind. */
export const texts = z.record(z.string().max(100), z.string().max(100_000));
export type Texts = z.output<typeof texts>;

const SETTINGS = optionFields(pollSettingsSchema);

/** Those that mean something for a kind, with its own default. */
function settingFields({ reports, everyS }: PollKind): OptionField[] {
  const own = SETTINGS.filter(({ name }) =>
    !reports || (REPORTING_SETTINGS as readonly string[]).includes(name)
  );
  return own.map((field) => {
    if (field.name !== "every_s") return field;
    const title = reports ? "Must report every, seconds" : "Asked every, seconds";
    return { ...field, title, help: "", default: everyS ?? field.default };
  });
}

/** @throws PerchError `validation` */
export function knownKind(name: string | undefined): PollKind {
  const kind = kindOf(name ?? "");
  if (kind !== null) return kind;
  throw new PerchError("validation", "there is no such kind of probe");
}

/** Name, options and settings as the service takes them. @throws PerchError `validation` */
export async function probeOfForm(kind: PollKind, values: Texts) {
  const shape = z.object({ name: probeName });
  const { name } = await validate(shape, { name: values.name ?? "" }, "body") as { name: string };
  const fields = settingFields(kind);
  const defaults = Object.fromEntries(fields.map((field) => [field.name, field.default]));
  return {
    name,
    options: optionsOfForm(optionFields(kind.options), values),
    settings: { ...defaults, ...optionsOfForm(fields, values, "setting") },
  };
}

/** What is wrong with an option or a setting stands beside its input. */
export async function besideFields<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof PerchError) || error.errors.length === 0) throw error;
    const errors = error.errors.map(({ path, message }) => ({
      path: path.replace(/^(option|setting)s\.([^.]+).*$/, "$1.$2"),
      message,
    }));
    throw new PerchError(error.code, error.message, { errors, about: error.about });
  }
}

interface FieldsProps {
  kind: PollKind;
  /** Null: it is a new one. */
  stored: PollView | null;
  values: Texts;
  errors: Record<string, string>;
}

/** Name, the options of its kind, its settings, and for a new one the machine. */
export function ProbeFields({ kind, stored, values, errors }: FieldsProps): VNode {
  const options = optionFields(kind.options);
  const settings = settingFields(kind);
  return (
    <>
      <FormError>{otherError(errors, options, settings)}</FormError>
      <Field
        name="name"
        label="Name"
        value={values.name ?? stored?.name ?? ""}
        error={errors.name}
        autocomplete="off"
      />
      <Inputs fields={options} prefix="option" stored={stored?.options} {...{ values, errors }} />
      <div class="fields">
        <Inputs
          fields={settings}
          prefix="setting"
          stored={stored?.settings}
          {...{ values, errors }}
        />
      </div>
      {stored === null && (
        <Field
          name="machine"
          label="Machine"
          value={values.machine ?? ""}
          help="Path of the machine that its readings come under. Empty: probes/NAME."
          error={errors.machine}
          autocomplete="off"
          required={false}
        />
      )}
    </>
  );
}

/** What is wrong and stands beside none of the inputs. */
function otherError(
  errors: Readonly<Record<string, string>>,
  options: readonly OptionField[],
  settings: readonly OptionField[],
): string | undefined {
  const beside = new Set([
    "name",
    "machine",
    ...options.map(({ name }) => inputName(name)),
    ...settings.map(({ name }) => inputName(name, "setting")),
  ]);
  return Object.entries(errors).find(([path]) => !beside.has(path))?.[1];
}

function Inputs(
  { fields, prefix, stored = {}, values, errors }: Omit<FieldsProps, "kind" | "stored"> & {
    fields: readonly OptionField[];
    prefix: OptionPrefix;
    stored?: Readonly<Record<string, unknown>>;
  },
): VNode {
  return (
    <>
      {fields.map((field) => {
        const name = inputName(field.name, prefix);
        return (
          <OptionInput
            key={name}
            field={field}
            prefix={prefix}
            id={`${prefix}-${field.name}`}
            // A secret never comes back, but that there is one does.
            value={field.secret ? stored[field.name] : values[name] ?? stored[field.name]}
            error={errors[name]}
          />
        );
      })}
    </>
  );
}
