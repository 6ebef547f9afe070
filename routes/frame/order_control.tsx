import type { VNode } from "preact";
import { OrderNow } from "../../islands/order_now.tsx";

import type { Commands } from "../../lib/commands/commands.ts";
import type { Step } from "../../lib/commands/orders.ts";
import type { Target, TargetView } from "../../lib/commands/target.ts";
import { Island } from "./island.tsx";

export const COMMANDS = "/commands";

export interface ControlProps {
  target: TargetView;
  latest: Step | null;
  mayOrder: boolean;
  /** Where to go on to after an order. */
  back: string;
  nowMs: number;
  zone: string;
  /** What was typed and refused. */
  typed?: string;
  /** Its page is where it stands. */
  isOwnPage?: boolean;
}

/** A switch, number, choice or button of a device: what it is now, and the form that orders something else. */
export function OrderControl(props: ControlProps): VNode {
  const { target, latest, mayOrder, back, nowMs, zone, isOwnPage = false } = props;
  const { id, name, settings, why_not: whyNot } = target;
  return (
    <div class="control" id={`control-${id}`}>
      <p class="control-name">
        {isOwnPage ? name : <a href={`${COMMANDS}/${id}`}>{name}</a>}
        {settings.dangerous && <span class="state warning">dangerous</span>}
      </p>
      <Island
        name="OrderNow"
        component={OrderNow}
        props={{
          target: id,
          ...{ kind: target.kind, unit: target.unit, sensor: target.sensor, value: target.value },
          latest: latest === null ? null : stepOf(latest),
          ...{ nowMs, zone },
        }}
      />
      {mayOrder && whyNot === null && (
        <form method="post" action={`${COMMANDS}/${id}/order`}>
          <input type="hidden" name="back" value={back} />
          <Inputs {...props} />
        </form>
      )}
      {whyNot !== null && <p class="muted">{`Not now: ${whyNot}.`}</p>}
    </div>
  );
}

const stepOf = ({ id, state, value, reason, tMs }: Step) => ({
  ...{ id, state, value, reason, t_ms: tMs },
});

function Inputs({ target, typed }: ControlProps): VNode {
  const { id, name, kind, min, max, step, options, value, unit } = target;
  switch (kind) {
    case "button":
      return <button type="submit" name="value" value="press">{`Press ${name}`}</button>;
    case "switch":
      return (
        <>
          {([["on", "On", true], ["off", "Off", false]] as const).map(([sent, text, state]) => (
            <button
              key={sent}
              type="submit"
              name="value"
              value={sent}
              class={value === state ? "chosen" : undefined}
              aria-label={`Switch ${name} ${sent}`}
            >
              {text}
            </button>
          ))}
        </>
      );
    case "select":
      return (
        <>
          <select name="value" aria-label={name}>
            {(options ?? []).map((option) => (
              <option key={option} selected={option === (typed ?? value)}>{option}</option>
            ))}
          </select>
          <button type="submit" aria-label={`Set ${name}`}>Set</button>
        </>
      );
    case "number":
      return (
        <>
          <input
            type="number"
            name="value"
            required
            min={min ?? undefined}
            max={max ?? undefined}
            step={step ?? "any"}
            value={typed ?? (typeof value === "number" ? value : "")}
            aria-label={unit === null ? name : `${name} in ${unit}`}
            aria-describedby={`range-${id}`}
          />
          {unit !== null && <span>{unit}</span>}
          <button type="submit" aria-label={`Set ${name}`}>Set</button>
          <span class="help" id={`range-${id}`}>{rangeText(target)}</span>
        </>
      );
  }
}

function rangeText({ min, max, step }: TargetView): string {
  const range = min !== null && max !== null
    ? `${min} to ${max}`
    : min !== null
    ? `at least ${min}`
    : max !== null
    ? `at most ${max}`
    : "";
  return step === null ? range : `${range}${range === "" ? "in" : ", in"} steps of ${step}`;
}

/** What a page shows of some. */
export function controlsOf(
  commands: Pick<Commands, "view" | "latest">,
  targets: readonly Target[],
): { target: TargetView; latest: Step | null }[] {
  return targets.map((target) => ({
    target: commands.view(target),
    latest: commands.latest(target.id),
  }));
}

/** The card of a page that has controls; null without any. */
export function Controls(
  { targets, ...rest }: Omit<ControlProps, "target" | "latest"> & {
    targets: readonly { target: TargetView; latest: Step | null }[];
  },
): VNode | null {
  if (targets.length === 0) return null;
  return (
    <section class="card controls" aria-labelledby="controls">
      <h2 id="controls">Controls</h2>
      {targets.map(({ target, latest }) => (
        <OrderControl key={target.id} target={target} latest={latest} {...rest} />
      ))}
    </section>
  );
}
