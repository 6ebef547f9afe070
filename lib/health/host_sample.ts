/**
 * What the host looks like at one moment. What is not measured is null, never "fine": a missing file, one that
 * does not answer in time and one that cannot be understood are the same here. Shares are 0…1.
 */
export interface HostSample {
  /** Wall clock, epoch ms. */
  atMs: number;
  /** Shares of the time of all cores since the sample before, each apart; null in the first one. */
  cpu: { used: number; iowait: number; steal: number } | null;
  cores: number | null;
  /** Load average over 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null;
  /** Of the first core, now; a Pi's cores have the same. */
  frequencyMhz: number | null;
  memory: HostMemory | null;
  /** The file system of the data directory. */
  disk: HostDisk | null;
  /** In °C, by name, the processor first; empty: not measured. */
  temperatures: readonly { name: string; celsius: number }[];
  power: HostPower | null;
  /** Share of the last 10 s in which something waited for it (PSI `some`). */
  pressure: { cpu: number | null; io: number | null; memory: number | null } | null;
  network: readonly HostNetwork[];
  /** Disks as the kernel counts them. */
  blocks: readonly HostBlock[];
  wear: readonly HostWear[];
  fans: readonly { name: string; rpm: number }[];
  /** Perch itself. */
  process: HostProcess | null;
  /** Limits that the service manager gave Perch. */
  group: { memoryBytes: number; memoryMostBytes: number | null; oomKills: number | null } | null;
  watchdog: { state: string; timeoutS: number | null; bootStatus: number | null } | null;
  uptimeS: number | null;
  bootId: string | null;
  /** `Raspberry Pi 4 Model B Rev 1.4`. */
  model: string | null;
  /** `Debian GNU/Linux 12 (bookworm)`. */
  system: string | null;
}

export interface HostMemory {
  totalBytes: number;
  /** What programs can still get; never the free memory, which is always small. */
  availableBytes: number;
  swapTotalBytes: number;
  swapFreeBytes: number;
  /** Memory that compressed swap takes; null: there is none. */
  zramBytes: number | null;
}

export interface HostDisk {
  totalBytes: number;
  /** For programs without privileges. */
  freeBytes: number;
  inodes: number;
  inodesFree: number;
  /** Mounted read-only, which a card does when it fails; null: not known. */
  readOnly: boolean | null;
}

/** Four conditions of a Pi's supply, now. Null where nothing says so: a Pi Zero has no detector. */
export interface HostPower {
  underVoltage: boolean | null;
  frequencyCapped: boolean | null;
  throttled: boolean | null;
  softTemperatureLimit: boolean | null;
  /**
   * The same, at any time since the boot: true once it was seen, else null. The kernel keeps no record of it,
   * so that it was never the case is not known.
   */
  sinceBoot: {
    underVoltage: boolean | null;
    frequencyCapped: boolean | null;
    throttled: boolean | null;
    softTemperatureLimit: boolean | null;
  };
}

export interface HostNetwork {
  name: string;
  up: boolean | null;
  /** Null in the first sample. */
  receivedBytesPerS: number | null;
  sentBytesPerS: number | null;
  speedMbit: number | null;
  carrierChanges: number | null;
  /** Wireless only. */
  signalDbm: number | null;
}

export interface HostBlock {
  name: string;
  /** Since the boot. */
  writtenBytes: number;
  readBytes: number;
  /** Share of the time since the sample before in which it was busy; null in the first one. */
  busy: number | null;
}

/** How worn a card is, where it says so: eMMC does, SD cards do not. */
export interface HostWear {
  name: string;
  /** Share of the expected life that is used, at least, in tenths; 1: more than was expected. */
  lifeUsed: number | null;
  reserve: "normal" | "warning" | "urgent" | null;
}

export interface HostProcess {
  residentBytes: number;
  /** What is its own and not of files: what a leak grows. */
  anonymousBytes: number | null;
  /** Share of one core since the sample before; null in the first one. */
  cpu: number | null;
  /** Given to the disk since the start (`write_bytes`). */
  writtenBytes: number | null;
  openFiles: number | null;
  openFilesMost: number | null;
  threads: number | null;
}
