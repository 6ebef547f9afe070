/** Where a site and its centre speak at a broker. */

/** `perch/<site>/fwd`: where a site asks; its centre answers below it. */
export const askTopic = (site: string): string => `perch/${site}/fwd`;
export const replyTopic = (site: string): string => `${askTopic(site)}/answer`;
/** What a centre subscribes to. */
export const ASK_FILTER = askTopic("+");
/** The site that asks there; null: nobody does. */
export function siteOfTopic(topic: string): string | null {
  return /^perch\/([^/]+)\/fwd$/.exec(topic)?.[1] ?? null;
}

/** What goes between a site and its centre: never readings of a device. */
export const isForwardTopic = (topic: string): boolean =>
  /^perch\/[^/]+\/fwd(\/answer)?$/.test(topic);
