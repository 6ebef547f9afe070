import type { Uploader } from "../../lib/notify/thingspeak/uploader.ts";
import type { Route } from "../http/route.ts";
import { channelPages } from "./channels.tsx";
import { channelRoutes } from "./channels_api.ts";
import { deliveryPages } from "./deliveries.tsx";
import { deliveryRoutes } from "./deliveries_api.ts";
import type { RulePageParts } from "./rule.tsx";
import { rulePages } from "./rules.tsx";
import { noticePages } from "./notices.tsx";
import { pushRoutes, type PushServices } from "./push_api.ts";
import { ruleRoutes } from "./rules_api.ts";
import { thingspeakRoutes } from "./thingspeak_api.ts";
import { notifiedPages, type NotifiedParts } from "./notified.tsx";
import { webhookRoutes } from "./webhooks_api.ts";

export type NotifyParts = RulePageParts & NotifiedParts & Pick<PushServices, "push"> & {
  thingspeak: Pick<Uploader, "state" | "feeds">;
};

/** Who gets what, and what left Perch. */
export function notifyRoutes(parts: NotifyParts): Route[] {
  return [
    ...channelRoutes(parts),
    ...webhookRoutes(parts),
    ...deliveryRoutes(parts),
    ...pushRoutes(parts),
    ...noticePages(parts),
    ...ruleRoutes(parts),
    ...thingspeakRoutes(parts),
    ...deliveryPages(parts),
    ...channelPages(parts),
    ...rulePages(parts),
    ...notifiedPages(parts),
  ];
}
