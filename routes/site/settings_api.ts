import { z } from "zod";
import { type Audit, settingChange } from "../../lib/access/audit.ts";
import type { Role } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { SettingView } from "../../lib/settings/setting.ts";
import { settingOf, settingShape } from "../../lib/settings/setting_shape.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import { caller } from "../http/caller.ts";
import { listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Settings"];

export interface SettingServices {
  settings: Settings;
  audit: Audit;
}

/** Changes a setting for a caller, with its audit row. @throws `forbidden`, `not_found`, `validation` */
export function changeSetting(
  { settings, audit }: SettingServices,
  context: RouteContext,
  key: string,
  value: unknown,
): Promise<SettingView> {
  const { change } = settings.view(key);
  if (!atLeast(context.who!.role, change)) {
    throw new PerchError("forbidden", `this setting is changed by the role ${change}`);
  }
  const actor = caller(context);
  return settings.set(key, value, actor.name, settingChange(audit, actor, key));
}

/** Settings: each role sees what the registry lets it see. */
export function settingRoutes(services: SettingServices): Route[] {
  const { settings } = services;
  const sees = (role: Role) => (least: Role) => atLeast(role, least);
  return [
    route({
      method: "get",
      path: "/api/settings",
      policy: "viewer",
      summary: "Settings that you may see, with their values, ranges and help",
      tags,
      responses: {
        200: {
          description: "Settings",
          schema: listOf(settingShape),
        },
      },
      handler: ({ who }) =>
        Response.json({ items: settings.list(sees(who!.role)).map(settingOf), next: null }),
    }),
    route({
      method: "patch",
      path: "/api/settings/:key",
      policy: "admin",
      summary: "Change a setting; null puts its default back",
      tags,
      params: z.object({ key: z.string().max(100) }),
      body: z.strictObject({ value: z.unknown() }),
      example: { params: { key: "retention.days" }, body: { value: 365 } },
      responses: { 200: { description: "The setting", schema: settingShape } },
      handler: async (context) => {
        const { key } = context.params;
        if (!("value" in context.body)) {
          throw new PerchError("validation", "value: is missing", {
            errors: [{ path: "value", message: "is missing" }],
          });
        }
        return Response.json(
          settingOf(await changeSetting(services, context, key, context.body.value)),
        );
      },
    }),
  ];
}
