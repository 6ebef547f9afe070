import { PerchError } from "../base/errors.ts";
import type { Audited } from "../events/audit_change.ts";
import type { ChannelList } from "./channel_list.ts";
import type { ChannelView } from "./channel_view.ts";
import { webhook } from "./channels/webhook.ts";
import { newWebhookSecret } from "./channels/webhook_signature.ts";
import type { Subscription } from "./routed.ts";

/** Webhooks: channels that subscribe to events by themselves. Their secrets are shown once, when made. */
export interface Webhooks {
  all(): ChannelView[];
  /** @throws `not_found` */
  find(id: string): ChannelView;
  /** @throws `validation`, `conflict` */
  add(
    given: { name: string; url: string; subscription: Subscription },
    audited: Audited,
  ): Promise<{ view: ChannelView; secret: string }>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(
    id: string,
    patch: { name?: string; url?: string; subscription?: Subscription; enabled?: boolean },
    audited: Audited,
  ): Promise<ChannelView>;
  /** A new secret; messages are signed with both until the next one. @throws `not_found` */
  rotate(id: string, audited: Audited): Promise<{ view: ChannelView; secret: string }>;
  /** @throws `not_found` */
  remove(id: string, audited: Audited): Promise<ChannelView>;
}

export function createWebhooks(channels: ChannelList): Webhooks {
  function find(id: string): ChannelView {
    const view = channels.all().find((one) => one.id === id);
    if (view?.kind === webhook.kind && view.subscription !== null) return view;
    throw new PerchError("not_found", `there is no webhook "${id.slice(0, 80)}"`, {
      about: [`channel:${id}`],
    });
  }

  return {
    all: () =>
      channels.all().filter((one) => one.kind === webhook.kind && one.subscription !== null),
    find,
    async add({ name, url, subscription }, audited) {
      const secret = newWebhookSecret();
      const options = { url, secret };
      const view = await channels.add({ kind: webhook.kind, name, options, subscription }, audited);
      return { view, secret };
    },
    async change(id, { url, ...patch }, audited) {
      const { options } = find(id);
      const changed = url === undefined ? {} : { options: { ...options, url } };
      return await channels.change(id, { ...patch, ...changed }, audited);
    },
    async rotate(id, audited) {
      find(id);
      const options = channels.optionsOf(id);
      const secret = newWebhookSecret();
      const view = await channels.change(
        id,
        { options: { ...options, secret, previous_secret: options.secret } },
        audited,
      );
      return { view, secret };
    },
    async remove(id, audited) {
      find(id);
      return await channels.remove(id, audited);
    },
  };
}
