/** The systemd unit of Perch and what a feature adds to it. `systemd-analyze security` rates it in a test. */

/** User and unit have the same name. */
export const USER = "perch";
export const UNIT = "perch.service";
export const PROGRAM = "/usr/local/bin/perch";
export const DATA = "/var/lib/perch";
export const CACHE = "/var/cache/perch";
export const ENVIRONMENT = "/etc/perch.env";

/** ProcSubset is missing on purpose, because `/proc/stat` is read, as MemoryDenyWriteExecute is. */
export const unitText = `[Unit]
Description=Perch, readings and alarms of a plant
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=${USER}
ExecStart=${PROGRAM} serve
EnvironmentFile=-${ENVIRONMENT}
Environment=PERCH_DATA=${DATA}
StateDirectory=perch
StateDirectoryMode=0700
# What was compiled at the first start is kept here: the next ones are quicker.
CacheDirectory=perch
CacheDirectoryMode=0700
Environment=TMPDIR=${CACHE}
# Threads share what the C library keeps for later, which is less that way.
Environment=MALLOC_ARENA_MAX=2
UMask=0077
Restart=always
RestartSec=2
# A wrong setting stays wrong: do not try again.
RestartPreventExitStatus=2
# Perch says that it is alive only after a real write and a turn of its event loop.
WatchdogSec=60
TimeoutStartSec=300
TimeoutStopSec=15
# However Perch ends, no ffmpeg stays behind that holds a camera, and no gpiomon that holds a pin.
KillMode=control-group
LimitCORE=0

CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateUsers=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateIPC=yes
PrivateMounts=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# ffmpeg gets processor time after Perch.
SystemCallFilter=setpriority
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute must stay off: the JavaScript engine needs it.

[Install]
WantedBy=multi-user.target
`;

/** What needs devices, each with its drop-in. */
export const FEATURES = {
  // A camera of a Pi takes its memory from the heaps.
  camera: { devices: ["char-video4linux", "char-media", "char-dma_heap"], groups: ["video"] },
  gpio: { devices: ["char-gpiochip", "char-i2c", "char-spi"], groups: ["gpio", "i2c", "spi"] },
} as const;
export type Feature = keyof typeof FEATURES;

/** The drop-in of a feature; of its groups those that `groups` of this host has: with another the unit would not start. */
export function dropIn(feature: Feature, groups: ReadonlySet<string>): string {
  const { devices, groups: wanted } = FEATURES[feature];
  const there = wanted.filter((name) => groups.has(name));
  return [
    "[Service]",
    "PrivateDevices=no",
    "DevicePolicy=closed",
    ...devices.map((name) => `DeviceAllow=${name} rw`),
    ...(there.length === 0 ? [] : [`SupplementaryGroups=${there.join(" ")}`]),
    "",
  ].join("\n");
}
