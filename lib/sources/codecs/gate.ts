import type { Log } from "../../base/log.ts";
import type { Intake, RawMessage } from "../../intake/intake.ts";
import type { Decoded } from "../../readings/reading.ts";
import type { RunnableScript, ScriptKind } from "../../scripts/script.ts";
import { Codec, type CodecDeps, type CodecView } from "./codec.ts";
import { codecsWithState, forgetCodecState, loadCodecState } from "./codec_state.ts";
import { covers, TopicIndex } from "./filters.ts";
import { refusal } from "./item.ts";
import { AckOrder } from "./order.ts";
import { codecInput, decodedOf } from "./values.ts";

/*
 * DESIGN
 * Stands between the MQTT sources and the intake. A message whose topic a codec claims goes through that codec, all
 * others straight on: without codecs that is one comparison for each. Messages of a session are acknowledged in the
 * order in which they came, whichever way they took (`order.ts`).
 */

export interface CodecGateDeps
  extends
    Pick<CodecDeps, "poison" | "clock" | "arrival" | "limits" | "refusal" | "topics" | "sandbox">,
    Pick<CodecDeps, "addSample" | "folder"> {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  log: Log;
  /** Every codec that is not switched off: as it is on disk, or in a sentence why it may not run. */
  scripts(): ReadonlyMap<string, RunnableScript | string>;
  /** Calls the listener when one of the scripts is another, comes or goes. */
  onChange(listener: (kind: ScriptKind, name: string) => void): void;
}

/** Takes messages as the intake does, and decodes those that a codec claims. */
export interface CodecGate extends Pick<Intake, "offer" | "commitSoon" | "onRoom"> {
  /** Filters of codecs that no source is subscribed to anyway. */
  topics(): readonly string[];
  /** Calls the listener when they are others. */
  onTopics(listener: () => void): void;
  /** Calls the listener when one of them is paused. */
  onPause(listener: () => void): void;
  /** How each codec is doing, by name. */
  views(): CodecView[];
  pause(name: string, by: string): Promise<void>;
  resume(name: string, by: string): Promise<void>;
  /** What a codec makes of a message that came in at `tMs`; null: no codec claims it. */
  decode(topic: string, payload: Uint8Array, tMs: number): Promise<Decoded> | null;
  /** Resolves when every script is loaded that there is now. */
  loaded(): Promise<void>;
  /** Takes nothing more; what is acknowledged is on disk. */
  close(): Promise<void>;
}

/** Creates the gate; the scripts are loaded behind it, and messages for them wait meanwhile. */
export async function createCodecGate(deps: CodecGateDeps): Promise<CodecGate> {
  const { intake } = deps;
  const codecs = new Map<string, Codec>();
  const order = new AckOrder();
  const roomListeners = new Set<() => void>();
  const topicListeners = new Set<() => void>();
  const pauseListeners = new Set<() => void>();
  let index: TopicIndex<Codec> | null = null;
  let shown = "[]";
  let closed = false;
  let loading: Promise<unknown> = Promise.resolve();

  const announceRoom = () => roomListeners.forEach((listener) => listener());
  const announcePause = () => pauseListeners.forEach((listener) => listener());
  const offRoom = intake.onRoom(() => codecs.forEach((codec) => codec.tryAgain()));

  function create(name: string): Codec {
    const listeners = { onRoom: announceRoom, onTopics: look, onPause: announcePause };
    const codec = new Codec({ ...deps, ...listeners }, name);
    codecs.set(name, codec);
    return codec;
  }

  /** Finds out anew whose which topics are. */
  function look(): void {
    const claiming = [...codecs.values()].filter(({ topics }) => topics.length > 0);
    index = claiming.length === 0 ? null : new TopicIndex(claiming);
    const now = JSON.stringify(extraTopics());
    if (now !== shown) topicListeners.forEach((listener) => listener());
    shown = now;
  }

  function extraTopics(): string[] {
    const all = new Set([...codecs.values()].flatMap(({ topics }) => topics));
    const extra = [...all].filter((one) => !deps.topics.some((outer) => covers(outer, one)));
    return extra.filter((one) => !extra.some((outer) => outer !== one && covers(outer, one)));
  }

  function renew(name: string): void {
    const script = deps.scripts().get(name) ?? null;
    if (script === null && !codecs.has(name)) return;
    const codec = codecs.get(name) ?? create(name);
    loading = Promise.all([loading, codec.use(script).then(() => dropEmpty(codec))]).catch(
      (error) => deps.log.error(`codec ${name} was not renewed`, { error }),
    );
  }

  /** One that is gone and has nothing waiting is forgotten. */
  async function dropEmpty(codec: Codec): Promise<void> {
    const { present, waiting } = codec.view;
    const { name } = codec;
    if (present || waiting > 0 || codecs.get(name) !== codec || deps.scripts().has(name)) return;
    codecs.delete(codec.name);
    await codec.close();
    await forgetCodecState(deps.folder, codec.name);
  }

  function offer(message: RawMessage): boolean {
    if (index === null && order.idle) return intake.offer(message);
    const { packet } = message;
    const codec = index?.find(message.topic) ?? null;
    const to = codec ?? intake;
    if (packet === undefined || (codec === null && !order.binds(packet))) return to.offer(message);
    const taken = to.offer(order.enter(message, packet));
    if (!taken) order.leave(packet);
    return taken;
  }

  async function decodeBy(
    codec: Codec,
    message: { topic: string; payload: Uint8Array },
    tMs: number,
  ): Promise<Decoded> {
    await loading;
    const [answer] = await codec.try([codecInput(message, tMs, codec.binary)]) ?? [];
    if (answer === undefined) {
      return refusal({ type: "runtime", message: "it is not loaded", line: null, column: null });
    }
    const read = "fault" in answer
      ? answer.fault
      : decodedOf(answer.ok, codec.pathOf(message.topic));
    return "drafts" in read ? read : refusal(read);
  }

  for (const name of codecsWithState(deps.folder)) {
    await create(name).open(await loadCodecState(deps.folder, name));
  }
  for (const name of new Set([...codecs.keys(), ...deps.scripts().keys()])) renew(name);
  look();
  deps.onChange((kind, name) => {
    if (kind === "codec" && !closed) renew(name);
  });

  return {
    offer,
    commitSoon() {
      intake.commitSoon();
      if (index !== null) codecs.forEach((codec) => codec.commitSoon());
    },
    onRoom(listener) {
      const off = intake.onRoom(listener);
      roomListeners.add(listener);
      return () => {
        off();
        roomListeners.delete(listener);
      };
    },
    topics: extraTopics,
    onTopics: (listener) => void topicListeners.add(listener),
    onPause: (listener) => void pauseListeners.add(listener),
    views: () => [...codecs.values()].map(({ view }) => view).sort(byName),
    pause: async (name, by) => await codecs.get(name)?.pause(by),
    resume: async (name, _by) => await codecs.get(name)?.resume(deps.scripts().get(name) ?? null),
    decode(topic, payload, tMs) {
      const codec = index?.find(topic) ?? null;
      return codec === null ? null : decodeBy(codec, { topic, payload }, tMs);
    },
    loaded: async () => void await loading,
    async close() {
      closed = true;
      offRoom();
      await Promise.all([...codecs.values()].map((codec) => codec.close()));
    },
  };
}

const byName = (a: CodecView, b: CodecView) => a.name < b.name ? -1 : 1;
