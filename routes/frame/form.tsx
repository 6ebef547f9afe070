/** The one set of form parts: label above, help below, error beside the field. */
import { type ComponentChildren, createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { DURATION_EXAMPLES } from "../../lib/words/durations.ts";
import { sentence } from "../../lib/words/sentence.ts";
import { SEEN_FIELD } from "../http/form.ts";

type InputType = "text" | "email" | "password" | "time" | "datetime-local" | "date";

interface Labelled {
  name: string;
  label: string;
  help?: string;
  error?: string;
  /** Where the same name stands several times on a page. */
  id?: string;
}

/** Of a labelled input. */
export type FieldProps =
  & Labelled
  & {
    type?: InputType;
    value?: string;
    /** Shown beside the label: `days`, `°C`. */
    unit?: string | null;
    placeholder?: string;
    autocomplete?: string;
    required?: boolean;
    autofocus?: boolean;
    minLength?: number;
    /** A phone shows its number keys. */
    numeric?: boolean;
    /** Id of a `datalist` with what it suggests. */
    list?: string;
    /** Kinds of things that it completes to, with commas between (`Picker`); `many`: names of several, likewise. */
    pick?: string;
    many?: boolean;
  };

/** A labelled input. Required unless said otherwise. */
export function Field(props: FieldProps): VNode {
  const { type = "text", numeric } = props;
  const attributes = {
    ...attributesOf(props),
    value: props.value,
    placeholder: props.placeholder,
    autocomplete: props.autocomplete,
    required: props.required ?? true,
    list: props.list,
    autofocus: props.autofocus,
    minLength: props.minLength,
    "data-pick": props.pick,
    "data-many": props.many ? "" : undefined,
    inputMode: numeric ? "numeric" as const : undefined,
  };
  return <Frame {...props}>{INPUTS[type](attributes)}</Frame>;
}

/** A labelled length of time, typed with its unit; read with `durationField` (`durations.ts`). */
export function DurationField(
  props: Labelled & { value?: string; required?: boolean },
): VNode {
  return <Field {...props} placeholder={DURATION_EXAMPLES} autocomplete="off" />;
}

type Attributes = Record<string, unknown>;
/** The type is written out for each: an input's type decides what its other attributes may be. */
const INPUTS: Record<InputType, (attributes: Attributes) => VNode> = {
  text: (attributes) => <input {...attributes} type="text" />,
  email: (attributes) => <input {...attributes} type="email" />,
  password: (attributes) => <input {...attributes} type="password" />,
  time: (attributes) => <input {...attributes} type="time" />,
  "datetime-local": (attributes) => <input {...attributes} type="datetime-local" />,
  date: (attributes) => <input {...attributes} type="date" />,
};

/** A labelled text of several lines. */
export function TextArea(
  props: Labelled & { value?: string; rows?: number; required?: boolean },
): VNode {
  const { value, rows = 4, required = false } = props;
  return (
    <Frame {...props}>
      <textarea {...attributesOf(props)} rows={rows} required={required}>{value}</textarea>
    </Frame>
  );
}

/** Beside the field of a file that was sent and is not kept: no page can put it back. */
export function ChooseAgain({ name }: { name: string | undefined }): VNode | null {
  return name === undefined ? null : (
    <p class="error">
      {`Choose ${name === "" ? "the file" : `“${name}”`} again: a browser does not keep it.`}
    </p>
  );
}

/** A labelled choice of a file. `accept` are MIME types that the browser offers. */
export function FileField(
  props: Labelled & {
    accept: readonly string[];
    required?: boolean;
    /** Name of the file that was sent in vain. */
    sent?: string;
  },
): VNode {
  return (
    <Frame {...props}>
      <input
        {...attributesOf(props)}
        type="file"
        accept={props.accept.join(",") || undefined}
        required={props.required ?? true}
      />
      <ChooseAgain name={props.sent} />
    </Frame>
  );
}

/** A labelled choice. */
export function Select(
  props: Labelled & {
    options: readonly (readonly [value: string, text: string])[];
    value?: string;
  },
): VNode {
  return (
    <Frame {...props}>
      <select {...attributesOf(props)}>
        {props.options.map(([option, text]) => (
          <option key={option} value={option} selected={option === props.value}>{text}</option>
        ))}
      </select>
    </Frame>
  );
}

/** **The one way to say** what is wrong with a field, or with the form as a whole. */
export function FormError(
  { id, children }: { id?: string; children?: ComponentChildren },
): VNode | null {
  if (!children) return null;
  const said = typeof children === "string" ? sentence(children) : children;
  return <p class="error" id={id} role="alert">{said}</p>;
}

/** Number of the newest change that the page being drawn knows of. */
export const SeenNumber = createContext<number | undefined>(undefined);

/**
 * Goes into every form that overwrites something: who sends it from a page that somebody else has overtaken
 * meanwhile is told so.
 */
export function SeenField(): VNode | null {
  const number = useContext(SeenNumber);
  return number === undefined ? null : <Hidden values={{ [SEEN_FIELD]: String(number) }} />;
}

/** Fields that go with the form unseen. */
export function Hidden({ values }: { values: Readonly<Record<string, string>> }): VNode {
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
    </>
  );
}

/** Beside fields that could contradict each other: what each showed, so that what was changed counts (`isTyped`). */
export function Was({ values }: { values: Readonly<Record<string, string | undefined>> }): VNode {
  return (
    <Hidden
      values={Object.fromEntries(
        Object.entries(values).map(([name, value]) => [`was_${name}`, value ?? ""]),
      )}
    />
  );
}

function attributesOf({ name, id = name, help, error }: Labelled) {
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  return {
    id,
    name,
    "aria-invalid": error ? "true" as const : undefined,
    "aria-describedby": described === "" ? undefined : described,
  };
}

function Frame(
  { name, id = name, label, unit, help, error, children }: Labelled & {
    unit?: string | null;
    children?: ComponentChildren;
  },
): VNode {
  return (
    <div class="field">
      <label for={id}>
        {label}
        {unit && <span class="unit">{unit}</span>}
      </label>
      {children}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      <FormError id={`${id}-error`}>{error}</FormError>
    </div>
  );
}
