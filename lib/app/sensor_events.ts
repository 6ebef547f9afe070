import type { EventDraft } from "../events/event.ts";
import type { SensorNews } from "../machines/sensor.ts";
import { machineTitleAt, sensorTitle } from "../words/names.ts";

/** The event of what happened to a sensor. */
export function sensorEvent(
  news: SensorNews,
  machines: Parameters<typeof machineTitleAt>[0],
  tMs: number,
): EventDraft {
  const { id, name, machine } = news.sensor;
  const called = `${machineTitleAt(machines, machine)}: ${sensorTitle(news.sensor)}`;
  const common = { subject: `sensor:${id}`, tMs, actor: null };
  if (news.what === "many_texts") {
    return {
      ...common,
      type: "sensor.many_texts",
      severity: "info",
      text: `${called} has reported ${news.most} different texts, too many to be states; ` +
        "from now on only its latest text is shown",
      body: { sensor: name, texts: news.most },
      route: false,
    };
  }
  return {
    ...common,
    type: "sensor.unit_changed",
    severity: "warning",
    text: `${called} now reports ${news.unit} instead of ${news.before}; ` +
      "such readings are kept apart until somebody chooses what becomes of them",
    body: { sensor: name, unit: news.unit, before: news.before },
    route: true,
  };
}
