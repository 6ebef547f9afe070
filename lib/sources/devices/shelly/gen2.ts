/** The second generation and later: notifications, and status topics that say the same. */
import { addReject, type Decoded } from "../../../readings/reading.ts";
import { shown } from "../../dialects/dialect.ts";
import { timeOf } from "../../dialects/time.ts";
import type { About, Book, Noted, Stamp, Value } from "../kit/book.ts";
import { isObject, type Json, nothing, readObject, refused, textIn } from "../kit/content.ts";
import { type ComponentPlan, componentValues, planOf } from "./component_values.ts";
import { aboutComponent, componentOf, isKnownType } from "./components.ts";
import { expiry, type KnownShellies, SHELLY, sourceOf, WITH_MAC } from "./known.ts";

export const EVENTS = "/events/rpc";
const COMPONENTS_MOST = 200;
/** Names of components whose plans are kept. */
const PLANS_MOST = 1_000;

export function createGen2(book: Book, known: KnownShellies) {
  const plans = new Map<string, ComponentPlan | null>();

  function planFor(name: string): ComponentPlan | null {
    let plan = plans.get(name);
    if (plan !== undefined) return plan;
    plan = planOf(name);
    if (plans.size < PLANS_MOST) plans.set(name, plan);
    return plan;
  }

  function notified(prefix: string, payload: Uint8Array, tMs: number): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const { src, method, params } = read.is;
    const id = textIn(src);
    if (id === undefined || typeof method !== "string") {
      return refused("bad_payload", "a notification has src and method");
    }
    if (method !== "NotifyStatus" && method !== "NotifyFullStatus") return nothing();
    if (!isObject(params)) return refused("bad_payload", `${method} has params`);
    const device = known.deviceOf(2, { prefix, id, nowMs: tMs });
    if (device === null) return nothing();
    if (isObject(params.sys)) known.slept(device, params.sys, tMs);
    const time = params.ts === undefined ? {} : timeOf(params.ts);
    const whole = method === "NotifyFullStatus";
    const out = components(device, params, whole, { nowMs: tMs, ...time, way: "events" });
    known.onlineAsSaid(device);
    return out;
  }

  function components(
    device: Noted,
    params: Json,
    whole: boolean,
    at: Stamp & { nowMs: number },
  ): Decoded {
    const values: Value[] = [];
    const out = nothing();
    for (const [name, json] of Object.entries(params).slice(0, COMPONENTS_MOST)) {
      if (name === "ts" || json === null) continue;
      const plan = planFor(name);
      if (plan === null) continue;
      if (!isObject(json)) {
        addReject(out, {
          code: "bad_payload",
          message: `${shown(name)} is an object, not ${shown(json)}`,
        });
        continue;
      }
      values.push(...componentValues(plan, json, whole, (key) => device.entities.has(key)));
    }
    const before = device.entities.size;
    const { drafts, rejects } = book.read(device, values, about, at);
    if (device.entities.size > before) known.topicsChanged();
    out.drafts.push(...drafts);
    for (const reject of rejects) addReject(out, reject);
    return out;
  }

  function about(value: Value, device: Noted): About {
    const [type, id, key] = value.path;
    const isSwitch = type === "switch" && key === "output";
    const to = { device: device.about.uid, component: type, id: Number(id) };
    return {
      ...aboutComponent(value),
      ...expiry(sourceOf(device)),
      ...(isSwitch ? { order: { kind: "switch", way: { dialect: SHELLY, to } } } : {}),
    };
  }

  /** `<prefix>/status/<component>`; null: it is no Shelly's. */
  function status(prefix: string, name: string, payload: Uint8Array, tMs: number): Decoded | null {
    const here = known.at(prefix);
    const id = prefix.slice(prefix.lastIndexOf("/") + 1);
    const component = componentOf(name);
    if (component === null) return here === undefined ? null : nothing();
    const looksLikeOne = WITH_MAC.test(id) && isKnownType(component.type);
    const read = readObject(payload);
    if (read.answer) return here === undefined && !looksLikeOne ? null : read.answer;
    const json = read.is;
    const isOne = looksLikeOne ||
      isKnownType(component.type) && component.id !== null && json.id === Number(component.id);
    if (here === undefined && !isOne) return null;
    const device = here ?? known.deviceOf(2, { prefix, id, nowMs: tMs });
    if (device === null) return nothing();
    if (name === "sys" && sourceOf(device).mac === undefined) {
      known.moved(device, prefix, textIn(json.mac)?.toLowerCase());
    }
    const out = components(device, { [name]: json }, true, { nowMs: tMs, way: "status" });
    known.onlineAsSaid(device);
    return out;
  }

  return { notified, status };
}
