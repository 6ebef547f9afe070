import type { Alarms } from "../alarms/alarms.ts";
import type { CameraImages } from "../cameras/images/images.ts";
import type { FindingStore } from "../detect/findings_store.ts";
import type { Predictions } from "../detect/predict/predictions.ts";
import type { Runner } from "../detect/runner/runner.ts";
import type { LoopLag } from "../live/loop_lag.ts";
import type { Notify } from "../notify/notify.ts";
import type { Broker } from "../sources/broker/broker.ts";
import type { CodecGate } from "../sources/codecs/gate.ts";
import type { Devices } from "../sources/devices/directory.ts";
import type { MqttPublisher, Source } from "../sources/source.ts";
import type { Tickets } from "../tickets/tickets.ts";

/** What a room asks of a room that is made after it. `build.ts` fills in each, in this order. */
export interface LateParts {
  /** Asked by live (how long a sensor may be silent) and by machines (a sensor goes for good). */
  detection: {
    runner: Pick<Runner, "silenceMs">;
    findings: Pick<FindingStore, "forget">;
  };
  /** Asked by machines: a machine moves. */
  predictions: Pick<Predictions, "move">;
  /** Asked by predictions: machines that failed. */
  tickets: Pick<Tickets, "failures">;
  /** Asked by live: whether a sensor's device can be reached, as it says itself. */
  devices: Pick<Devices, "said">;
  /** Asked by detection: what a site sends is judged there. */
  sites: { has(path: string): boolean };
  /** Asked by intake (messages that are replayed) and by devices (what a broker keeps is read again). */
  codecs: Pick<CodecGate, "decode" | "offer" | "onRoom">;
  /** Asked by live: whether every source can be reached. */
  sources: readonly Source[];
  /** Asked by access: whether mails can be sent. */
  notify: Pick<Notify, "canMail">;
  /**
   * Asked by machines: a machine moves; by custom detectors: others watch a sensor than before; by live: what is
   * open at a machine; by sites: what is open there.
   */
  alarms: Pick<Alarms, "move" | "openAt" | "recheck" | "judgeSoon" | "open" | "act">;
  /** Asked by devices: what a dialect publishes, and what the embedded broker keeps. */
  publisher: MqttPublisher & Partial<Pick<Broker, "retained">>;
  /** Asked by notify (pictures with mails of alarms) and by the host's history. */
  cameras: Pick<CameraImages, "forMessage" | "writtenBytes">;
  /** Asked by the host's history. */
  loopLag: Pick<LoopLag, "quantileMs">;
}

export interface Late {
  /** @throws Error when it is asked for before it is filled in */
  get<Name extends keyof LateParts>(name: Name): LateParts[Name];
  fill<Name extends keyof LateParts>(name: Name, part: LateParts[Name]): void;
}

export function createLate(): Late {
  const parts: Partial<LateParts> = {};
  return {
    get(name) {
      const part = parts[name];
      if (part === undefined) throw new Error(`${name} is asked for before it is made`);
      return part;
    },
    fill(name, part) {
      parts[name] = part;
    },
  };
}
