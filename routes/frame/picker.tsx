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

/**
 * The field of a machine, area, sensor, tag, person or channel: by its name, or by what people call it. With
 * scripts it completes through the search, without by a list in the page. `many`: several, with commas between.
 */
export function Picker(
  { kinds, ...props }: FieldProps & { kinds: readonly Picked[] },
): VNode {
  const page = useContext(PageChoices);
  const pick = kinds.join(",");
  const list = `choices-${kinds.join("-")}`;
  const choices = page === null || page.listed.has(list)
    ? []
    : kinds.flatMap((kind) => page.choices(kind, LISTED_MOST));
  const listed = page !== null && (choices.length > 0 || page.listed.has(list));
  if (listed) page.listed.add(list);
  return (
    <>
      <Field autocomplete="off" {...props} pick={pick} list={listed ? list : undefined} />
      {choices.length > 0 && (
        <datalist id={list}>
          {choices.slice(0, LISTED_MOST).map(({ value, label }) => (
            <option key={value} value={value}>{label}</option>
          ))}
        </datalist>
      )}
    </>
  );
}
