import type { AnnouncedEntity } from "../../device.ts";

type Quantity = Pick<AnnouncedEntity, "unit" | "deviceClass" | "stateClass" | "diagnostic">;

const measured = (unit: string, deviceClass?: string): Quantity => ({
  unit,
  ...(deviceClass === undefined ? {} : { deviceClass }),
  stateClass: "measurement",
});
const own = (quantity: Quantity): Quantity => ({ ...quantity, diagnostic: true });
const is = (deviceClass: string): Quantity => ({ deviceClass });

const warmth = measured("°C", "temperature");
const dust = measured("µg/m³");

/**
 * What Zigbee2MQTT's own keys mean. `voltage` is in mV of a battery and in V of a plug: only what the bridge says of
 * the device tells.
 */
const QUANTITIES: Readonly<Record<string, Quantity>> = {
  temperature: warmth,
  local_temperature: warmth,
  soil_temperature: warmth,
  external_temperature: warmth,
  occupied_heating_setpoint: warmth,
  current_heating_setpoint: warmth,
  device_temperature: own(warmth),
  cpu_temperature: own(warmth),
  humidity: measured("%", "humidity"),
  soil_moisture: measured("%", "moisture"),
  pressure: measured("hPa", "pressure"),
  battery: own(measured("%", "battery")),
  linkquality: own(measured("lqi")),
  voltage: { deviceClass: "voltage", stateClass: "measurement" },
  power: measured("W", "power"),
  current: measured("A", "current"),
  energy: { unit: "kWh", deviceClass: "energy", stateClass: "total_increasing" },
  produced_energy: { unit: "kWh", deviceClass: "energy", stateClass: "total_increasing" },
  power_factor: { deviceClass: "power_factor", stateClass: "measurement" },
  ac_frequency: measured("Hz", "frequency"),
  illuminance: measured("lx", "illuminance"),
  illuminance_lux: measured("lx", "illuminance"),
  co2: measured("ppm", "carbon_dioxide"),
  co: measured("ppm", "carbon_monoxide"),
  pm25: { ...dust, deviceClass: "pm25" },
  pm10: { ...dust, deviceClass: "pm10" },
  position: measured("%"),
  valve_position: measured("%"),
  pi_heating_demand: measured("%"),
  contact: is("door"),
  occupancy: is("occupancy"),
  presence: is("presence"),
  water_leak: is("moisture"),
  smoke: is("smoke"),
  gas: is("gas"),
  carbon_monoxide: is("carbon_monoxide"),
  vibration: is("vibration"),
  tamper: own(is("tamper")),
  battery_low: own(is("battery")),
  power_on_behavior: own({}),
  power_outage_count: own({}),
  power_outage_memory: own({}),
  child_lock: own({}),
};

export function quantityOf(property: string): Quantity {
  return Object.hasOwn(QUANTITIES, property) ? QUANTITIES[property] : {};
}

/** Keys that are about the message or the device's firmware, and no measurement. */
const PASSED_OVER = new Set([
  ...["update", "update_available", "last_seen", "lastSeen", "elapsed", "device"],
  ...["color_mode", "color_options", "level_config", "brightness_move", "group_list"],
]);

export function isPassedOver(property: string): boolean {
  return PASSED_OVER.has(property);
}

/** `true` of a contact is closed; an opening that is on is open, as its device class says. */
export function isInverted(property: string): boolean {
  return property === "contact";
}
