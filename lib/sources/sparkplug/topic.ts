/** Topics of Sparkplug B: `spBv1.0/<group>/<type>/<node>[/<device>]`. */

export const NAMESPACE = "spBv1.0";

/** Name of the dialect, of its switch (`devices.sparkplug`) and of its source. */
export const SPARKPLUG = "sparkplug";

export const MESSAGES = [
  "NBIRTH",
  "NDATA",
  "NDEATH",
  "NCMD",
  "DBIRTH",
  "DDATA",
  "DDEATH",
  "DCMD",
] as const;
export type MessageType = typeof MESSAGES[number];

export interface Place {
  type: MessageType;
  group: string;
  node: string;
  /** Null: the message is about the edge node itself. */
  device: string | null;
}

/** A node, or a device of it, that is known from before. */
export interface KnownPlace {
  group: string;
  node: string;
  device: string | null;
}

/** What a topic below `spBv1.0/` says; null: it is none of a node or device. */
export function placeOf(topic: string): Place | null {
  const [namespace, group, type, node, device, ...more] = topic.split("/");
  if (namespace !== NAMESPACE || more.length > 0 || !isType(type) || !group || !node) return null;
  const ofDevice = type.startsWith("D");
  if (ofDevice !== (device !== undefined) || device === "") return null;
  return { type, group, node, device: device ?? null };
}

function isType(text: string | undefined): text is MessageType {
  return (MESSAGES as readonly (string | undefined)[]).includes(text);
}

/** Whether it is the state of a host. */
export function isState(topic: string): boolean {
  return topic.startsWith(stateTopic(""));
}

export function stateTopic(hostId: string): string {
  return `${NAMESPACE}/STATE/${hostId}`;
}

/** As devices of version 2.2 look for it. */
export function oldStateTopic(hostId: string): string {
  return `STATE/${hostId}`;
}

export function commandTopic(group: string, node: string, device: string | null): string {
  return device === null
    ? `${NAMESPACE}/${group}/NCMD/${node}`
    : `${NAMESPACE}/${group}/DCMD/${node}/${device}`;
}

/** Whether filters of topics ask for those of Sparkplug. */
export function asksFor(filters: readonly string[]): boolean {
  return filters.some((filter) => [NAMESPACE, "+", "#"].includes(filter.split("/")[0]));
}

/**
 * Whether Perch is a host unless somebody says otherwise: at its own broker, or where the topics ask for it. At a broker
 * elsewhere a host that nobody asked for would send commands to other people's nodes.
 */
export function sparkplugByDefault(
  { url, topics }: { url: string | null; topics: readonly string[] },
): boolean {
  return url === null || asksFor(topics);
}

/** Where a device that was announced stands, by its unique id. */
export function placeOfUid(uid: string): KnownPlace | null {
  const [group, node, device] = uid.replace(/^sp:/, "").split("/");
  return group && node ? { group, node, device: device ?? null } : null;
}
