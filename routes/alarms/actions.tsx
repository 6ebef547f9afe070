import type { VNode } from "preact";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, Select, TextArea } from "../frame/form.tsx";
import type { SentForm } from "../frame/form_action.ts";
import { alarmHref } from "../frame/links.ts";
import { Post } from "../frame/parts.tsx";

/** The forms of an open alarm: acknowledge, resolve, shelve. */
export function Actions(
  { alarm, sent, nowMs }: { alarm: Alarm; sent: SentForm; nowMs: number },
): VNode {
  const shelved = alarm.shelved_until_ms !== null && alarm.shelved_until_ms > nowMs;
  const { values, errors } = sent;
  return (
    <section class="card actions" aria-labelledby="actions">
      <h2 id="actions">What to do</h2>
      {alarm.state === "active" && (
        <Post action={`${alarmHref(alarm.id)}/ack`} look="primary">Acknowledge</Post>
      )}
      {shelved && <Post action={`${alarmHref(alarm.id)}/unshelve`}>Unshelve</Post>}
      <details open={errors.note !== undefined || errors.verdict !== undefined}>
        <summary class="chip">Resolve</summary>
        <form method="post" action={`${alarmHref(alarm.id)}/resolve`}>
          <TextArea
            name="note"
            label="Cause and action taken"
            rows={3}
            value={values.note}
            error={errors.note}
          />
          <Select
            name="verdict"
            label="Was it a real problem?"
            options={[["", "no verdict"], ["real", "real"], ["false_alarm", "false alarm"]]}
            value={values.verdict}
            help="The detector learns from it."
          />
          <button type="submit" class="primary">Resolve</button>
        </form>
      </details>
      <details open={errors.minutes !== undefined || errors.reason !== undefined}>
        <summary class="chip">Shelve</summary>
        <form method="post" action={`${alarmHref(alarm.id)}/shelve`}>
          <Select
            name="minutes"
            label="Quiet for"
            options={[["30", "30 minutes"], ["120", "2 hours"], ["480", "8 hours"], [
              "1440",
              "1 day",
            ], ["10080", "7 days"]]}
            value={values.minutes}
            help="The shelf ends by itself, and at once when the alarm gets worse."
          />
          <Field
            name="reason"
            label="Why"
            required={false}
            value={values.reason}
            error={errors.reason}
          />
          <button type="submit">Shelve</button>
        </form>
      </details>
    </section>
  );
}

/** How an alarm ended, and the verdict on it. */
export function Ended(
  { alarm, zone, mayAct }: { alarm: Alarm; zone: string; mayAct: boolean },
): VNode {
  const { verdict, note, resolved_ms } = alarm;
  return (
    <section class="card" aria-labelledby="ended">
      <h2 id="ended">{`Resolved ${dateTime(resolved_ms!, zone)}`}</h2>
      {note !== null && <p>{note}</p>}
      <p class="muted">
        {verdict === null
          ? "No verdict yet."
          : verdict === "real"
          ? "It was real."
          : "It was a false alarm."}
      </p>
      {mayAct && (
        <form method="post" action={`${alarmHref(alarm.id)}/verdict`} class="judge">
          {verdict !== "real" && (
            <button type="submit" class="small" name="verdict" value="real">Real</button>
          )}
          {verdict !== "false_alarm" && (
            <button type="submit" class="small" name="verdict" value="false_alarm">
              False alarm
            </button>
          )}
        </form>
      )}
    </section>
  );
}
