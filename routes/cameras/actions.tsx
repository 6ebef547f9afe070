import type { VNode } from "preact";
import { z } from "zod";
import type { CameraTest } from "../../lib/cameras/test_camera.ts";
import { NO_FORM } from "../frame/form_page.ts";
import { itemActions, type ItemPage } from "../frame/option_form.tsx";
import { cameraHref } from "../frame/links.ts";
import { auditedBy, byOf } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { cameraOfForm, knownKind, settingsOfForm, texts } from "./fields.tsx";
import { type CameraPageParts, PAGE } from "./page_parts.tsx";

/** What the forms of a camera's page post to. */
export function cameraActions(parts: CameraPageParts, page: ItemPage): Route[] {
  const { cameras } = parts;
  const action = itemActions(page, cameraHref);
  const audited = (context: RouteContext) => auditedBy(parts.audit, context);
  const nothing = z.strictObject({});

  return [
    action("change", "admin", texts, async (id, values, context) => {
      const kind = knownKind(cameras.find(id).kind);
      await cameras.change(id, await cameraOfForm(kind, values), audited(context));
    }),
    action("settings", "admin", texts, async (id, values, context) => {
      await cameras.change(id, { settings: settingsOfForm(values) }, audited(context));
    }),
    action(
      "enable",
      "admin",
      z.strictObject({ enabled: z.enum(["on", "off"]) }),
      async (id, { enabled }, context) => {
        await cameras.change(id, { enabled: enabled === "on" }, audited(context));
      },
    ),
    action(
      "allow",
      "admin",
      z.strictObject({ address: z.string().max(100) }),
      async (id, { address }, context) => {
        await cameras.allow(id, address, audited(context));
      },
    ),
    action("test", "engineer", nothing, async (id, _, context) => {
      const notice = <Tested {...await cameras.test(id)} />;
      return await page.draw(context, { ...NO_FORM, form: "test", notice });
    }),
    action("recover", "engineer", nothing, async (id, _, context) => {
      const notice = <Tested {...await cameras.recover(id, byOf(parts.audit, context))} />;
      return await page.draw(context, { ...NO_FORM, form: "recover", notice });
    }),
    action("keep", "engineer", nothing, async (id) => {
      const { t_ms } = await parts.cameraImages.take(id);
      return `${cameraHref(id)}?at=${t_ms}#kept`;
    }),
    action(
      "forget",
      "engineer",
      z.strictObject({ at: z.coerce.number().int() }),
      async (id, { at }, context) => {
        await parts.cameraImages.remove(id, at, audited(context));
        return `${cameraHref(id)}#kept`;
      },
    ),
    action("remove", "admin", nothing, async (id, _, context) => {
      await cameras.remove(id, audited(context));
      return PAGE;
    }),
  ];
}

function Tested({ ok, text }: Pick<CameraTest, "ok" | "text">): VNode {
  return (
    <section class="card attention camera-tested" aria-labelledby="tested" role="status">
      <h2 id="tested">{ok ? "The test found pictures" : "The test found no good pictures"}</h2>
      <p>{text}</p>
    </section>
  );
}
