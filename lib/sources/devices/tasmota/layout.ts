/** Where a Tasmota device publishes: its FullTopic, as discovery says it or as a topic looks. */

export type Role = "tele" | "stat" | "cmnd";

/** The beginnings of a device's topics, each with the slash at its end. */
export interface Layout {
  tele: string;
  stat: string;
  cmnd: string;
}

/** A device's topics from `ft`, `tp`, `t` of its discovery; null when they make none. */
export function layoutOf(
  fullTopic: string,
  prefixes: readonly string[],
  names: { topic: string; hostname: string; mac: string },
): Layout | null {
  const [cmnd, stat, tele] = prefixes;
  const of = (prefix: string) => {
    const filled = fullTopic.replaceAll("%prefix%", prefix).replaceAll("%topic%", names.topic)
      .replaceAll("%hostname%", names.hostname).replaceAll("%id%", names.mac.slice(-6));
    return filled.endsWith("/") ? filled : `${filled}/`;
  };
  const layout = { tele: of(tele), stat: of(stat), cmnd: of(cmnd) };
  const good = Object.values(layout).every((prefix) =>
    prefix.length > 1 && prefix.length <= 300 && !/[+#\0]/.test(prefix)
  );
  return good && layout.tele !== layout.cmnd ? layout : null;
}

/** A device that no discovery told of: both usual orders of prefix and topic. */
export interface Guessed {
  /** Its %topic%. */
  name: string;
  role: Role;
  layout: Layout;
  what: string;
  sub: string | null;
}

const ROLE = /^(?:tele|stat|cmnd)$/;
const ADDRESS = /^0x[\da-f]{1,16}$/i;

/** What a topic looks like; null when it is none of Tasmota's. */
export function guessedOf(topic: string): Guessed | null {
  const levels = topic.split("/");
  const what = levels.pop()!;
  if (levels.length < 2) return null;
  if (ROLE.test(levels[0])) {
    const sub = levels.length > 2 && ADDRESS.test(levels[levels.length - 1]) ? levels.pop()! : null;
    const [role, ...rest] = levels;
    const name = rest.join("/");
    return { name, role: role as Role, what, sub, layout: usual((prefix) => `${prefix}/${name}/`) };
  }
  const at = ROLE.test(levels[levels.length - 1]) ? levels.length - 1 : levels.length - 2;
  if (at < 1 || !ROLE.test(levels[at])) return null;
  const sub = levels[at + 1] ?? null;
  if (sub !== null && !ADDRESS.test(sub)) return null;
  const name = levels.slice(0, at).join("/");
  const role = levels[at] as Role;
  return { name, role, what, sub, layout: usual((prefix) => `${name}/${prefix}/`) };
}

function usual(of: (prefix: Role) => string): Layout {
  return { tele: of("tele"), stat: of("stat"), cmnd: of("cmnd") };
}
