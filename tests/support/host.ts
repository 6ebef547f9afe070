import type { HostSample } from "../../lib/health/host_sample.ts";

/** A healthy Raspberry Pi 4 with some of its fields replaced. */
export function hostSample(change: Partial<HostSample> = {}): HostSample {
  return {
    atMs: Date.UTC(2026, 0, 1),
    cpu: { used: 0.12, iowait: 0.01, steal: 0 },
    cores: 4,
    load: [0.3, 0.2, 0.1],
    frequencyMhz: 1500,
    memory: {
      totalBytes: 4e9,
      availableBytes: 3e9,
      swapTotalBytes: 1e8,
      swapFreeBytes: 1e8,
      zramBytes: null,
    },
    disk: { totalBytes: 64e9, freeBytes: 48e9, inodes: 4e6, inodesFree: 3e6, readOnly: false },
    temperatures: [{ name: "cpu-thermal", celsius: 48.2 }],
    power: {
      underVoltage: false,
      frequencyCapped: false,
      throttled: false,
      softTemperatureLimit: false,
      sinceBoot: {
        underVoltage: false,
        frequencyCapped: false,
        throttled: false,
        softTemperatureLimit: false,
      },
    },
    pressure: { cpu: 0.01, io: 0.002, memory: 0 },
    network: [{
      name: "eth0",
      up: true,
      receivedBytesPerS: 12_000,
      sentBytesPerS: 3_000,
      speedMbit: 1000,
      carrierChanges: 1,
      signalDbm: null,
    }],
    blocks: [{ name: "mmcblk0", writtenBytes: 1e9, readBytes: 2e9, busy: 0.01 }],
    wear: [],
    fans: [],
    process: {
      residentBytes: 90e6,
      anonymousBytes: 60e6,
      cpu: 0.03,
      writtenBytes: 1e6,
      openFiles: 40,
      openFilesMost: 1024,
      threads: 14,
    },
    group: { memoryBytes: 90e6, memoryMostBytes: null, oomKills: 0 },
    watchdog: null,
    uptimeS: 86_400,
    bootId: "3f0a9c5e-4b1d-4f53-8a54-6d8f7b9a1c11",
    model: "Raspberry Pi 4 Model B Rev 1.4",
    system: "Debian GNU/Linux 12 (bookworm)",
    ...change,
  };
}

/** The supply with some conditions true. */
export function hostPower(
  now: Partial<Record<"underVoltage" | "throttled", boolean | null>>,
  sinceBoot: Partial<Record<"underVoltage" | "throttled", boolean | null>> = {},
): HostSample["power"] {
  const well = hostSample().power!;
  return { ...well, ...now, sinceBoot: { ...well.sinceBoot, ...sinceBoot } };
}
