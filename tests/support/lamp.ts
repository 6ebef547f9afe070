import { connectAsync } from "mqtt";

/** A lamp at a broker: carries out what it is told on `cmnd/lamp` and reports on `factory/hall-1/lamp/power`. */
export interface Lamp {
  /** What it was told since it is there: payload, and whether the broker had kept it. */
  readonly told: { payload: string; retain: boolean; qos: number }[];
  /** It hears no more of what it is told, but is connected. */
  deaf(on: boolean): void;
  report(topic: string, payload: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function connectLamp(
  port: number,
  user?: { username: string; password: string },
): Promise<Lamp> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 50, ...user });
  client.on("error", () => {});
  const told: { payload: string; retain: boolean; qos: number }[] = [];
  let isDeaf = false;
  client.on("message", (_, payload, { retain, qos }) => {
    told.push({ payload: payload.toString(), retain, qos });
    if (!isDeaf) client.publish("factory/hall-1/lamp/power", payload, { qos: 1 });
  });
  await client.subscribeAsync("cmnd/lamp", { qos: 1 });
  return {
    told,
    deaf: (on) => void (isDeaf = on),
    async report(topic, payload) {
      await client.publishAsync(topic, payload, { qos: 1 });
    },
    [Symbol.asyncDispose]: async () => await client.endAsync(true),
  };
}
