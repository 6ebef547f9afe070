/** A field that names a thing of the plant, and completes what is typed by what people call it. */
import { createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { Field, type FieldProps } from "./form.tsx";

/** Things that a field may name; the search knows all of them (`islands/picker.ts`). */
export type Picked = "machine" | "area" | "sensor" | "tag" | "person" | "channel";

/** What a field may name: how it is written there, and what people call it. */
export interface Choice {
  value: string;
  label: string;
}

/** What there is to choose from where no script runs: the first of a kind. */
export type Choices = (kind: Picked, most: number) => readonly Choice[];

/** Of the page being drawn; `listed` are the lists that stand on it already. */
export const PageChoices = createContext<{ choices: Choices; listed: Set<string> } | null>(null);

/** So many go into a page; whoever runs scripts finds all of them. */
const LISTED_MOST = 500;
const NAME_CHARS_MOST = 200;

/**
 * The field of a machine, area, sensor, tag, person or channel: by its name, or by what people call it. With
 * scripts it completes through the search, without by a list in the page. `many`: several, with commas between.
 */
export function Picker(
  { kinds, ...props }: FieldProps & { kinds: readonly Picked[] },
): VNode {
  const { list, choices } = useList(kinds);
  return (
    <>
      <Field autocomplete="off" {...props} pick={kinds.join(",")} list={list} />
      <Listed list={list} choices={choices} />
    </>
  );
}

/** The same without a label above it, in a row of a table or a bar: `label` is read aloud. */
export function BarePicker(
  { kinds, name, label, value, placeholder, about, invalid = false }: {
    kinds: readonly Picked[];
    name: string;
    label: string;
    value?: string;
    placeholder?: string;
    /** Id of what says more of it. */
    about?: string;
    invalid?: boolean;
  },
): VNode {
  const { list, choices } = useList(kinds);
  return (
    <div class="bare-pick">
      <input
        id={name}
        name={name}
        value={value}
        placeholder={placeholder}
        maxLength={NAME_CHARS_MOST}
        autocomplete="off"
        data-pick={kinds.join(",")}
        list={list}
        aria-label={label}
        aria-describedby={about}
        aria-invalid={invalid ? "true" : undefined}
      />
      <Listed list={list} choices={choices} />
    </div>
  );
}

/** The list of these kinds that stands on the page; it goes into it once. */
function useList(
  kinds: readonly Picked[],
): { list: string | undefined; choices: readonly Choice[] } {
  const page = useContext(PageChoices);
  const list = `choices-${kinds.join("-")}`;
  if (page === null) return { list: undefined, choices: [] };
  if (page.listed.has(list)) return { list, choices: [] };
  const choices = kinds.flatMap((kind) => page.choices(kind, LISTED_MOST));
  if (choices.length === 0) return { list: undefined, choices };
  page.listed.add(list);
  return { list, choices };
}

function Listed(
  { list, choices }: { list: string | undefined; choices: readonly Choice[] },
): VNode | null {
  return choices.length === 0 ? null : (
    <datalist id={list}>
      {choices.slice(0, LISTED_MOST).map(({ value, label }) => (
        <option key={value} value={value}>{label}</option>
      ))}
    </datalist>
  );
}
