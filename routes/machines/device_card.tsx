import type { VNode } from "preact";
import type { Machine } from "../../lib/machines/machine.ts";
import type { DeviceView, EntityView } from "../../lib/sources/devices/view.ts";
import { ago } from "../../lib/words/times.ts";
import { Fact, Facts, Post } from "../frame/parts.tsx";
import type { MachinePageParts } from "./request.ts";

/** What the devices of a machine said of themselves; nothing where none announced itself. */
export function MachineDevices(
  { parts, machine, mayChange }: {
    parts: Pick<MachinePageParts, "deviceService" | "clock">;
    machine: Machine;
    mayChange: boolean;
  },
): VNode | null {
  const devices = parts.deviceService.ofMachine(machine.id);
  if (devices.length === 0) return null;
  return (
    <section class="card" aria-labelledby="device">
      <h2 id="device">{devices.length === 1 ? "Device" : "Devices"}</h2>
      {devices.map((device) => (
        <Device
          key={device.uid}
          device={device}
          machine={machine}
          mayChange={mayChange}
          nowMs={parts.clock.now()}
        />
      ))}
    </section>
  );
}

function Device(
  { device, machine, mayChange, nowMs }: {
    device: DeviceView;
    machine: Machine;
    mayChange: boolean;
    nowMs: number;
  },
): VNode {
  const { manufacturer, model, serial, hardware, software } = device;
  const off = device.entities.filter(({ kind, enabled, retired_ms }) =>
    kind !== null && !enabled && retired_ms === null
  );
  const made = [manufacturer, model].filter(Boolean).join(" ");
  return (
    <>
      <Facts>
        <Fact name="Seen as">{device.seen_as}</Fact>
        {made !== "" && <Fact name="Made by">{made}</Fact>}
        {serial && <Fact name="Serial number">{serial}</Fact>}
        {software && <Fact name="Software">{software}</Fact>}
        {hardware && <Fact name="Hardware">{hardware}</Fact>}
        {device.available !== null && <Fact name="Says that it is">{reachOf(device, nowMs)}</Fact>}
        <Fact name="Known by">
          <code>{device.uid}</code>
        </Fact>
      </Facts>
      {off.length > 0 && (
        <details>
          <summary>
            {off.length === 1
              ? "1 value is measured and not kept"
              : `${off.length} values are measured and not kept`}
          </summary>
          {off.map((entity) => (
            <Off key={entity.uid} entity={entity} machine={machine} mayChange={mayChange} />
          ))}
        </details>
      )}
    </>
  );
}

function reachOf({ available, available_since_ms }: DeviceView, nowMs: number): VNode {
  const since = available_since_ms === null ? "" : `, since ${ago(nowMs - available_since_ms)}`;
  return available ? <>online{since}</> : (
    <>
      <span class="mark offline" aria-hidden="true">○</span> offline{since}
    </>
  );
}

function Off(
  { entity, machine, mayChange }: { entity: EntityView; machine: Machine; mayChange: boolean },
): VNode {
  const words = entity.unit === null ? entity.name : `${entity.name} (${entity.unit})`;
  if (!mayChange) return <p>{words}</p>;
  return (
    <Post
      action="/machines/keep-entity"
      fields={{ id: machine.id, entity: entity.uid }}
      look="small"
      label={`Keep it: ${words}`}
      about={<span>{words}</span>}
      inline
    >
      Keep it
    </Post>
  );
}
