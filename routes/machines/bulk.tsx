/** Several machines at once: tags, and what is new confirmed. */
import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import { askedOf, BULK_BYTES, bulkForm, filterOf, pickedOf } from "../frame/bulk.tsx";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { BarePicker } from "../frame/picker.tsx";
import { hrefWith } from "../frame/links.ts";
import { Post } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import type { MachinePageParts } from "./request.ts";

const ACTION = "/machines/bulk";
const TAGS_MOST = 20;
const TAG_CHARS_MOST = 40;

/** What the list's form posts to. */
export function machineBulkAction(
  parts: MachinePageParts,
  /** Machines that a filter in an address finds. */
  find: (asked: Record<string, string>) => Promise<Machine[]>,
  draw: (
    context: RouteContext,
    asked: Record<string, string>,
    sent: SentForm,
  ) => Response | Promise<Response>,
): Route {
  return formAction(
    ACTION,
    bulkForm,
    async (form, context) => {
      const asked = askedOf(form, "/machines");
      const ids = pickedOf(
        form,
        (await find(asked)).filter(({ createdMs }) =>
          // What came after the page was drawn was not seen.
          createdMs <= (Number(form.shown) || Infinity)
        ),
      );
      if (ids.length === 0) {
        throw new PerchError("validation", "Select at least one machine.");
      }
      await parts.service.patchMachines(ids, patchOf(form), auditedBy(parts.audit, context));
      return hrefWith("/machines", { ...asked, changed: String(ids.length) });
    },
    (context, sent) => draw(context, filterOf(sent.values.back, "/machines"), sent),
    "engineer",
    BULK_BYTES,
  );
}

function patchOf(
  form: Record<string, string | undefined>,
): (machine: Machine) => Pick<Machine, "tags"> | Pick<Machine, "review"> {
  if (form.do === "confirm") return () => ({ review: "confirmed" as const });
  const tag = form.tag?.trim() ?? "";
  if (tag === "" || tag.length > TAG_CHARS_MOST) {
    const message = tag === ""
      ? "Type the tag."
      : `A tag has at most ${TAG_CHARS_MOST} characters.`;
    throw new PerchError("validation", message);
  }
  if (form.do === "untag") {
    return ({ tags }) => ({ tags: tags.filter((one) => one !== tag) });
  }
  return ({ tags, path }) => {
    if (tags.includes(tag)) return { tags };
    if (tags.length >= TAGS_MOST) {
      throw new PerchError("validation", `${path} has ${TAGS_MOST} tags already`);
    }
    return { tags: [...tags, tag] };
  };
}

/** What can be done with the selected machines. */
export function MachineBar(
  { sent }: { sent: SentForm },
): VNode {
  return (
    <>
      <BarePicker
        kinds={["tag"]}
        name="tag"
        label="Tag"
        placeholder="Tag"
        value={sent.values.tag}
      />
      <button type="submit" class="small" name="do" value="tag">Add the tag</button>
      <button type="submit" class="small" name="do" value="untag">Remove the tag</button>
      <button type="submit" class="small" name="do" value="confirm">Confirm</button>
    </>
  );
}

/** While machines wait to be confirmed: one button for all of them. */
export function NewMachines({ n, nowMs }: { n: number; nowMs: number }): VNode | null {
  if (n === 0) return null;
  const back = hrefWith("/machines", { review: "new" });
  return (
    <Post
      action={ACTION}
      fields={{ back, do: "confirm", all: "on", shown: String(nowMs) }}
      inline
      look="small"
      about={<a href={back}>{n === 1 ? "1 machine is new" : `${n} machines are new`}</a>}
    >
      {n === 1 ? "Confirm it" : `Confirm all ${n}`}
    </Post>
  );
}
